"""The tabs of the page, one file each; `frame.py` tells what a tab is handed."""

from vlmrag.ui.tabs import ask, compare, library, map, papers

TABS = (ask, papers, compare, map, library)
"""From left to right."""
