"""The page: a chat in the browser, on this machine only.

library.py       what the page needs of an Assistant
conversation.py  what is asked and answered in one browser tab, as values
words.py         the interface's words in three languages, and example questions made of the library
markup.py        an answer's text as safe HTML
render.py        answers and the rest as HTML
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
shelf.py         the library's PDFs for the browser's own viewer
serve.py         listening on loopback, and refusing anything else

Nothing here imports gradio before `build_page` or `serve_page` is called.
"""
