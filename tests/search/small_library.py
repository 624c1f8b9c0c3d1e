"""A small library in three scripts, of papers that do not exist, read with the double of the encoder.

What each note says is plain, so that the right answer to a question can be told by reading it.
"""

from __future__ import annotations

from pathlib import Path

from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Paper

READERS = """# Readers of Pictures

## Frozen readers

### Lumen-1: A Reader of Pictures
- paper: https://arxiv.org/abs/2101.00001
- venue: NeurIPS 2021
- org: Google
- It keeps the **language model** frozen and trains a bridge of 32 queries.
- It reads 4 million image-text pairs [3].

### Lumen-2: Lumen Goes On
- paper: https://arxiv.org/abs/2201.00002
- venue: CVPR 2022
- org: Google, Stanford University
- It trains the language model on long video.
- Unlike previous work, which relies on object detectors, it reads raw pixels.

## Whole readers

### Corvid: Pictures and Sound
- paper: https://arxiv.org/abs/2202.00003
- org: Microsoft
- It handles speech and music.
- It does not handle long video.
- Its training takes 16 GPUs for 3 days.
"""
DIARY = """# 阅读日记

## Marten: 一个小模型
- 论文: https://arxiv.org/abs/2303.00004
- 机构: 清华大学
- 第一阶段冻结语言模型，只训练投影层。
- 第二阶段语言模型也参与训练。
- 不支持音频。

## Sable: 长视频问答
- 论文: https://arxiv.org/abs/2304.00005
- 发表: ICCV 2023
- 它处理长视频，并与 Corvid 比较。
"""
TABLE = """# 論文表

| 模型 | 連結 | 年份 | 重點 |
|------|------|------|------|
| Ermine | https://arxiv.org/abs/2305.00006 | 2023 | 凍結語言模型，生成圖像。 |
| Otter-Mini | https://arxiv.org/abs/2306.00007 | 2023 | 支援語音輸入，與 Lumen-1 同樣使用 32 個查詢。 |
"""
NOTES = {"readers.md": READERS, "diary.md": DIARY, "table.md": TABLE}


def make_library(home: Path, notes: dict[str, str]) -> Assistant:
    """Write the notes below `home` and read them with the double of the encoder."""
    folder = home / "data" / "notes"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in notes.items():
        (folder / name).write_text(text, "utf-8", newline="")
    assistant = Assistant(Config.load(home, encoder="hashing"))
    assert assistant.ingest().skipped == ()
    return assistant


def open_catalogue(assistant: Assistant) -> Catalogue:
    """The library as a question meets it."""
    return assistant._catalogue


def find_paper(assistant: Assistant, name: str) -> Paper:
    """The paper of that name."""
    return next(p for p in assistant.papers() if p.name == name)
