"""The page in the browser: on this machine only, or behind a door with passwords.

library.py       what the page needs of an Assistant
conversation.py  what is asked and answered in one window, as values
filters.py       what a question is put to: read from the browser, shown beside the question
lines.py         what of an answer is text and what a table, and how it comes line by line
words.py         the interface's words in three languages, and example questions made of the library
markup.py        an answer's text as safe HTML
markdown.py      an answer to be pasted elsewhere
render.py        small pieces as HTML; render_answer.py: questions and answers
desk.py          what is drawn at each event, without gradio
passages.py      a quote where it stands, in a note or on a PDF's page, as HTML
frame.py         what a tab is handed, and how it speaks with the others: read it to add one
ask_tab.py       the tab that asks
papers_tab.py    the tab of papers: render_papers.py (the table, sift.py what finds a row), render_paper.py (one paper)
compare_tab.py   the tab that compares: render_table.py
map_tab.py       the tab of the map: render_map.py
library_tab.py   the tab of the library: render_library.py, jobs.py (what can be done), uploads.py, work.py (doing it)
proofs.py        what has a number in these tabs, and the side panel where it opens
live.py          a library that is read by many while one writes to it
page.py          the page: its top, its tabs, and the reader's language
shelf.py         the library's PDFs and notes at addresses of their own, and no other file
serve.py         listening, on loopback alone where nobody is asked for a password
users.py         who may come in: a file of names and scrypt keys; door.py: it is asked at each request

Nothing here imports gradio before `build_page` or `serve_page` is called.
"""
