"""The page in the browser: on this machine only, or behind a door with passwords.

page.py          the page: its top, its tabs, and the reader's language
frame.py         what a tab is handed, and how it speaks with the others: read it to add one
tabs/            the tabs: ask, papers, compare, map, library
html/            what they show: pieces, answers, papers, tables, the map, passages where they stand
static/          the page's scripts and styles
server/          listening, who may come in, and the library's own files at addresses of their own
library.py       what the page needs of an Assistant; live.py: one that is read by many while one writes to it
desk.py          what is drawn at each event, without gradio
conversation.py  what is asked and answered in one window, as values
filters.py       what a question is put to: read from the browser, shown beside the question
models.py        which models may word answers; writing.py: one that writes while others ask
lines.py         what of an answer is text and what a table, and how it comes line by line
markdown.py      an answer to be pasted elsewhere
proofs.py        what has a number in the tabs, and the side panel where it opens
sift.py          what finds a row in the table of papers
jobs.py          what can be done to the library; uploads.py: files through the browser; work.py: doing it
words.py         the interface's words in three languages, and example questions made of the library

Nothing here imports gradio before `build_page` or `serve_page` is called.
"""
