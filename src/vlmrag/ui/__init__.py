"""The page: a chat in the browser, on this machine only.

library.py       what the page needs of an Assistant
conversation.py  what is asked and answered in one browser tab, as values
words.py         the interface's words in three languages, and example questions made of the library
markup.py        an answer's text as safe HTML
render.py        answers, passages and the rest as HTML
page.py          layout and events
serve.py         listening on loopback, and refusing anything else

Nothing here imports gradio before `build_page` or `serve_page` is called.
"""
