"""Notes in the shapes people use, and what is read of each; all papers here are made up."""

from __future__ import annotations

import pytest

from tests.ingest.reading import make_source, read, works
from vlmrag.ingest.layout import lay_out
from vlmrag.types import Document, Field, Work

SHAPES = {
    "headings with bullet fields": (
        """# Models
## KiwiVL
  - **Paper:** [KiwiVL: Seeing Small Things](https://arxiv.org/abs/2402.11111v3)
  [![Star](https://img.shields.io/github/stars/a/kiwi.svg)](https://github.com/a/kiwi)
  - **Accepted:** ICLR 2024
  - **Submission Date:** 2024-02-19
  - **Authors:** 复旦大学; Ada Stone
  - **Tags:** tokenizer, dense
  - **Abstract:** It builds on CLIP (2021).
""",
        [
            {
                "name": "KiwiVL",
                "arxiv": "2402.11111",
                "title": "KiwiVL: Seeing Small Things",
                "url": "https://github.com/a/kiwi",
                "venue": "ICLR 2024",
                "date": "2024-02-19",
                "org": "复旦大学",
                "author": "Ada Stone",
                "tag": "tokenizer; dense",
            }
        ],
    ),
    "an entry that was not accepted": (
        "### OtterLM\n- Paper: https://arxiv.org/abs/2305.00001\n- Accepted: None\n",
        [{"name": "OtterLM", "arxiv": "2305.00001", "status": "None"}],
    ),
    "Chinese labels": (
        """## 鹰眼
论文：EagleSee: Sharp Eyes for Language Models
作者：Ada Stone、Bo Li
機構：清華大學和微軟；Kowloon University of Science and Design
時間：2023年11月
連結：arXiv:2311.00002
標籤：視覺專家；凍結
摘要：凍結語言模型。
""",
        [
            {
                "name": "鹰眼",
                "title": "EagleSee: Sharp Eyes for Language Models",
                "author": "Ada Stone; Bo Li",
                "org": "清華大學; 微軟; Kowloon University of Science and Design",
                "date": "2023-11",
                "arxiv": "2311.00002",
                "tag": "視覺專家; 凍結",
            }
        ],
    ),
    "numbered titles in bold": (
        """## Vision
**[1] MothNet: Learning to See in the Dark**
- intro: ICML 2021, OpenAI
- paper: [https://arxiv.org/pdf/2103.00003.pdf](https://arxiv.org/pdf/2103.00003.pdf)
- project: https://github.com/a/moth

**[2] A Picture Needs Nine Words: Transformers for Images**
- intro: NineT
- paper: arxiv.org/abs/2010.00004

**[3] WASP, WASP2**
- point: two of them

**Others**
- compare them: https://example.com/wasp-vs-moth

**[4] A new GPU**
- Youtube link: https://www.youtube.com/watch?v=1
""",
        [
            {
                "name": "MothNet",
                "title": "MothNet: Learning to See in the Dark",
                "venue": "ICML 2021",
                "org": "OpenAI",
                "arxiv": "2103.00003",
                "url": "https://github.com/a/moth",
            },
            {
                "name": "NineT",
                "alias": "A Picture Needs Nine Words",
                "title": "A Picture Needs Nine Words: Transformers for Images",
                "arxiv": "2010.00004",
            },
        ],
    ),
    "a joint entry is two works": (
        "**[2] WASP, WASP2**\n- intro: Salesforce\n- paper: https://arxiv.org/abs/2301.00005\n",
        [{"name": "WASP", "org": "Salesforce"}, {"name": "WASP2", "org": "Salesforce"}],
    ),
    "two names of one title are one work": (
        "### MKRG / Dover\n- **Paper:** [Making Replies with Pictures](https://aclanthology.org/2022.acl-long.1/)\n",
        [
            {
                "name": "MKRG",
                "alias": "Dover",
                "url": "https://aclanthology.org/2022.acl-long.1/",
                "title": "Making Replies with Pictures",
            }
        ],
    ),
    "link lists": (
        """## Architectures
FINCH: A Generative Image Transformer - https://arxiv.org/abs/2205.00006

SongGPT: https://github.com/a/SongGPT

Pathology Helper: https://github.com/a/PathoVQA

Many Languages: https://z-llm.github.io/

RoboLM: An Embodied Multimodal Language Model https://arxiv.org/abs/2303.00007. https://robo-lm.github.io/

GPT9o - it accepts any combination of text and images
""",
        [
            {"name": "FINCH", "title": "FINCH: A Generative Image Transformer", "arxiv": "2205.00006"},
            {"name": "SongGPT", "url": "https://github.com/a/SongGPT"},
            {"name": "PathoVQA", "alias": "Pathology Helper", "url": "https://github.com/a/PathoVQA"},
            {"name": "z-llm", "alias": "Many Languages", "url": "https://z-llm.github.io/"},
            {
                "name": "RoboLM",
                "title": "RoboLM: An Embodied Multimodal Language Model",
                "arxiv": "2303.00007",
                "url": "https://robo-lm.github.io/",
            },
            {"name": "GPT9o"},
        ],
    ),
    "references, several on the lines of one item": (
        """### References
1. Pigeon Captions: Data Collection and Evaluation (Apr 2015)
2. VideoRook: A Joint Model for Video and Language (Google, Apr 3, 2019)
[HAWK] Learning Visual Models From Words (OpenAI, 2021)
MultiCrow: Multi-Modal Learning via Instruction Tuning (Xu et al., Dec 2022)

1. Paglia, M., & Fleur, F. (2023). Fast Attention Over Long Sequences. Neural Information Processing Systems.
2. Wang, S., et al. (2020). Linfold: Attention with Linear Complexity. ArXiv, abs/2006.00008.
3. A. Rad, J. W. Kim, et al., "Learning transferable pictures from language," in ICML, 2021.
4. Jean Alay et al. Flaming: a visual language model. NeurIPS 2022.
""",
        [
            {
                "name": "Pigeon Captions",
                "title": "Pigeon Captions: Data Collection and Evaluation",
                "date": "2015-04",
            },
            {
                "name": "VideoRook",
                "title": "VideoRook: A Joint Model for Video and Language",
                "date": "2019-04-03",
                "org": "Google",
            },
            {"name": "HAWK", "title": "Learning Visual Models From Words", "date": "2021", "org": "OpenAI"},
            {
                "name": "MultiCrow",
                "title": "MultiCrow: Multi-Modal Learning via Instruction Tuning",
                "date": "2022-12",
                "author": "Xu",
            },
            {
                "title": "Fast Attention Over Long Sequences",
                "author": "Paglia, M.; Fleur, F.",
                "year": "2023",
                "date": "2023",
                "venue": "Neural Information Processing Systems",
            },
            {
                "name": "Linfold",
                "title": "Linfold: Attention with Linear Complexity",
                "author": "Wang, S.",
                "year": "2020",
                "date": "2020",
                "arxiv": "2006.00008",
            },
            {
                "title": "Learning transferable pictures from language",
                "author": "A. Rad; J. W. Kim",
                "date": "2021",
                "venue": "ICML",
            },
            {
                "name": "Flaming",
                "title": "Flaming: a visual language model",
                "author": "Jean Alay",
                "date": "2022",
                "venue": "NeurIPS 2022",
            },
        ],
    ),
    "a diary: the heading's date is the reader's": (
        """# 2024.1
## 2024.1.15
《LLaWAR: Visual Instruction Tuning for Rich Images》

2023.6 Adobe Research 和 Stanford 合作的一篇文章，要点：
1. 模型，复用架构

《KiteVLM: 以凍結的語言模型看影片》
2021年中科大和上海新院的一篇文章，跟 CLIP 类似
""",
        [
            {
                "name": "LLaWAR",
                "title": "LLaWAR: Visual Instruction Tuning for Rich Images",
                "date": "2023-06",
                "org": "Adobe Research; Stanford",
            },
            {
                "name": "KiteVLM",
                "title": "KiteVLM: 以凍結的語言模型看影片",
                "date": "2021",
                "org": "中科大; 上海新院",
            },
        ],
    ),
    "a task list: titles are papers, errands are not": (
        """# pending
- [ ] Opening the grey box of deep networks via language
- [ ] Learning phrase representations using decoders for translation2014年，提出了门
- [ ] 使用工具读文档
- [ ] read the moth paper and reproduce its loss
- [x] Big Wing (BiW): General Visual Representation Learning （CNN 中做得大的)

ALINE
""",
        [
            {"title": "Opening the grey box of deep networks via language"},
            {"title": "Learning phrase representations using decoders for translation", "date": "2014"},
            {
                "name": "BiW",
                "alias": "Big Wing",
                "title": "Big Wing (BiW): General Visual Representation Learning",
            },
            {"name": "ALINE"},
        ],
    ),
    "a table": (
        """| No | Model | Year | Venue | Idea |
|---|---|---|---|---|
| 1 | [**VSX++**](https://arxiv.org/abs/1707.00009) (2017) | 2017 | BMVC | hard negatives |
| 2 | LLaWA (v1) | 2023 | - | uses CLIP |

| Benchmark | VSX++ | LLaWA |
|---|---|---|
| VQA | 65.0 | 78.5 |
""",
        [
            {"name": "VSX++", "arxiv": "1707.00009", "date": "2017", "year": "2017", "venue": "BMVC"},
            {"name": "LLaWA", "year": "2023", "date": "2023"},
        ],
    ),
    "front matter": (
        """---
title: "Lynx: Looking Closely with Language Models"
authors:
  - Ada Stone
  - Bo Li
year: 2023
arxiv: 2307.00010
tags: [vlm, study]
---
# Summary
LLaVA is the baseline (https://arxiv.org/abs/2304.00011).
""",
        [
            {
                "name": "Lynx",
                "title": "Lynx: Looking Closely with Language Models",
                "author": "Ada Stone; Bo Li",
                "year": "2023",
                "date": "2023",
                "arxiv": "2307.00010",
                "tag": "vlm; study",
            }
        ],
    ),
    "one paper in a file": (
        """# ICX：对比解码缓解幻觉

> **论文**：*Mitigating Hallucinations with Contrastive Decoding*
>
> **机构**：Universität Hamburg、University of Sydney
>
> **发布时间**：2024年3月（**ACL 2024**）
>
> 🔗 [arXiv](https://arxiv.org/abs/2403.00012) | [PDF](https://arxiv.org/pdf/2403.00012)

## 一、动机

| 方法 | 代表工作 | 年份 |
| --- | --- | --- |
| 标注 | GRIT | 2023 |

## 参考
- [RISER: Self-Improving Robot Policy](https://arxiv.org/abs/2602.00013)：同期工作
- [WMPX: World Model-based Policy](https://arxiv.org/abs/2511.00014)：基线
""",
        [
            {
                "name": "ICX",
                "title": "Mitigating Hallucinations with Contrastive Decoding",
                "org": "Universität Hamburg; University of Sydney",
                "date": "2024-03",
                "venue": "ACL 2024",
                "arxiv": "2403.00012",
            }
        ],
    ),
    "names with a year in brackets": (
        """## 2. 冻结 LLM

### 2.1 CLAP (OpenAI, 2021)
双塔结构。

1. **Flamenco (DeepMind, 2022)**：冻结语言模型。
2. **训练数据** (2023 年统计)：来自网络。
""",
        [{"name": "CLAP", "date": "2021", "org": "OpenAI"}],
    ),
    "items with their fields nested": (
        """# Queue
- BLAP-2
  - paper: https://arxiv.org/abs/2301.00015
  - org: Salesforce
- Buy milk
- [ ] call Anna about the GPU bill
""",
        [{"name": "BLAP-2", "arxiv": "2301.00015", "org": "Salesforce"}],
    ),
    "a list of links with venues": (
        """## Tuning
- [2023/05] **Tiny Readers: Small Language Models that Read** [[paper](https://arxiv.org/abs/2305.00016)]
- **QuokkaVL**: "Quokka: Learning to See with Frozen Models", NeurIPS 2023 [[Paper](https://arxiv.org/abs/2306.00017)]
- (CVPR 2022) [Looking Twice at Pictures](https://openaccess.thecvf.com/content/CVPR2022/papers/x.pdf)
""",
        [
            {
                "name": "Tiny Readers",
                "title": "Tiny Readers: Small Language Models that Read",
                "arxiv": "2305.00016",
                "date": "2023-05",
            },
            {
                "name": "QuokkaVL",
                "title": "Quokka: Learning to See with Frozen Models",
                "date": "2023",
                "venue": "NeurIPS 2023",
                "arxiv": "2306.00017",
            },
            {
                "title": "Looking Twice at Pictures",
                "url": "https://openaccess.thecvf.com/content/CVPR2022/papers/x.pdf",
                "date": "2022",
                "venue": "CVPR 2022",
            },
        ],
    ),
    "paragraphs": (
        """Visual Whisper Tuning for Language Models
Ada Stone, Bo Li, and Chen Wu, NeurIPS 2023
https://arxiv.org/abs/2304.00018
Trains a projection.
""",
        [
            {
                "title": "Visual Whisper Tuning for Language Models",
                "author": "Ada Stone; Bo Li; Chen Wu",
                "venue": "NeurIPS 2023",
                "date": "2023",
                "arxiv": "2304.00018",
            }
        ],
    ),
    "HTML": (
        """<!DOCTYPE html>
<html><head><title>My notes</title><script>var x = "AcmeVL: a trap";</script></head>
<body><nav><a href="/">Home</a></nav><main><h1>Video</h1>
<table><tr><th>Model</th><th>Year</th><th>Link</th></tr>
<tr><td>ClipBear</td><td>2022</td><td><a href="https://arxiv.org/abs/2205.00019">arXiv</a></td></tr></table>
<h2>VideoKoala: Long Videos with Short Memory</h2>
<p>Paper: <a href="https://arxiv.org/abs/2401.00020">VideoKoala: Long Videos with Short Memory</a></p>
<ul><li>Organization: Peking University</li></ul></main><footer>Privacy</footer></body></html>
""",
        [
            {"name": "ClipBear", "year": "2022", "date": "2022", "arxiv": "2205.00019"},
            {
                "name": "VideoKoala",
                "arxiv": "2401.00020",
                "title": "VideoKoala: Long Videos with Short Memory",
                "org": "Peking University",
            },
        ],
    ),
    "years and venues behind a name": (
        """### Flamenco-80B [[paper]](https://arxiv.org/abs/2204.00023) [[blog]](https://example.com/a)
Frozen LM.

### Links
* **ViperVL** [ICLR'24] - open-vocab; [arXiv:2310.00024](https://arxiv.org/abs/2310.00024)
* **CobraNet** (Stone et al., 2023) — segmentation. arXiv 2306.00025
* AdderVLM, 2022, Google. https://arxiv.org/abs/2209.00026
""",
        [
            {"name": "Flamenco-80B", "arxiv": "2204.00023"},
            {"name": "ViperVL", "arxiv": "2310.00024", "venue": "ICLR'24"},
            {"name": "CobraNet", "date": "2023", "author": "Stone", "arxiv": "2306.00025"},
            {"name": "AdderVLM", "arxiv": "2209.00026", "date": "2022", "org": "Google"},
        ],
    ),
    "several labels on one line": (
        """# TigerVL: Scaling Open Vision-Language Models

**Authors:** Ada Stone, Bo Li, et al. — Salesforce Research
**arXiv:** [2306.00027v2](https://arxiv.org/abs/2306.00027v2) · **Venue:** NeurIPS 2023
""",
        [
            {
                "name": "TigerVL",
                "title": "TigerVL: Scaling Open Vision-Language Models",
                "author": "Ada Stone; Bo Li",
                "org": "Salesforce Research",
                "arxiv": "2306.00027",
                "venue": "NeurIPS 2023",
            }
        ],
    ),
    "sections and bold names of papers that a table lists": (
        """# 速览
| 模型 | 年份 |
|---|---|
| **MagmaVL** | 2024 |
| TinyEye-2B | 2023.12 |

## 细节
**MagmaVL**：冻结 ViT，只训 MLP。
### TinyEye-2B
两阶段训练。
### RLHF
下周讲。
""",
        [
            {"name": "MagmaVL", "year": "2024", "date": "2024"},
            {"name": "TinyEye-2B", "year": "2023", "date": "2023-12"},
            {"name": "MagmaVL"},
            {"name": "TinyEye-2B"},
        ],
    ),
    "bare names under a heading for papers": (
        "# Papers\n- LeopardVL - frozen encoder\n- CheetahLM: instruction tuned\n",
        [{"name": "LeopardVL"}, {"name": "CheetahLM"}],
    ),
    "the README of a tool": (
        """# node-tool
For more information go to https://github.com/a/node-tool
- [fix](https://github.com/a/node-tool/commit/123) memory leak in Model [2055d0c]
- v6.4.0
[TTY]: https://github.com/a/tty
Sponsor: [AdaStone](https://github.com/sponsors/AdaStone)
""",
        [],
    ),
    "what is no paper": (
        """# Weekend
Shopping list:
- SSD 2TB
- RTX 4090

## Tools
- [Label Studio](https://github.com/a/label-studio) - labelling

## Tutorials
1. How to install CUDA on Ubuntu
2. Using Docker for Deep Learning Training

## Contents
- [KiwiVL](#kiwivl)
- [OtterLM (2026)](papers/OtterLM_2026.md) — a note
""",
        [],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_a_shape_is_read_whole(text: str, expected: list[dict[str, str]]) -> None:
    assert works(text) == expected


def test_documents_and_fields_have_exact_spans() -> None:
    text = (
        "# Models\n\n## KiwiVL\n- Paper: https://arxiv.org/abs/2402.11111v3\n- Authors: Ada Stone\n\n# Ideas\ncoffee\n"
    )
    free, entry, tail = read(text)
    assert (free.start, free.end, free.line, free.heading, free.works) == (0, 8, 1, ("Models",), ())
    assert entry == Document(
        id=entry.id,
        source="note.md",
        kind="note",
        start=10,
        end=84,
        line=3,
        heading=("Models", "KiwiVL"),
        works=(
            Work(
                (
                    Field("name", "KiwiVL", 13, 19),
                    Field("arxiv", "2402.11111", 51, 63),
                    Field("author", "Ada Stone", 75, 84),
                )
            ),
        ),
    )
    assert (tail.start, tail.end, tail.line, tail.heading, tail.works) == (86, 100, 7, ("Ideas",), ())


def test_an_edit_elsewhere_leaves_the_ids_of_documents_alone() -> None:
    entry = "## KiwiVL\n- Paper: https://arxiv.org/abs/2402.11111\n"
    before, after = read("# A\nx\n\n" + entry), read("# A\nanother line\nx\n\n" + entry)
    assert before[-1].id == after[-1].id
    assert before[0].id != after[0].id


def test_equal_texts_in_one_file_have_ids_of_their_own() -> None:
    text = "# A\nthe same\n# A\nthe same\n"
    assert len({document.id for document in read(text)}) == 2


def test_tables_that_run_on_in_one_line_are_read_row_by_row() -> None:
    line = (
        "## 66 models #### Early (2014) | No | 模型名稱 | 發布年份 | 摘要 | | :--- | :--- | :--- | :--- | "
        "| 1 | [**VSX**](https://arxiv.org/pdf/1412.0021.pdf) (2014) | 2014 | RCNN吃圖片 | "
        "| 2 | [**SCAM**](https://arxiv.org/pdf/1803.00022.pdf) (2018) | 2018 | 對 `a|b` 做 | #### Later (2019) "
        "| No | 模型名稱 | 發布年份 | 摘要 | | :--- | :--- | :--- | :--- | "
        "| 3 | OscarX | 2020 | 物件標籤 | *** ### 觀點 發展從早期"
    )
    assert works(line) == [
        {"name": "VSX", "arxiv": "1412.0021", "date": "2014", "year": "2014"},
        {"name": "SCAM", "arxiv": "1803.00022", "date": "2018", "year": "2018"},
        {"name": "OscarX", "year": "2020", "date": "2020"},
    ]
    assert [document.heading for document in read(line) if document.works] == [
        ("66 models", "Early (2014)"),
        ("66 models", "Early (2014)"),
        ("66 models", "Later (2019)"),
    ]


def test_the_page_around_a_saved_note_is_left_out() -> None:
    menu = [
        "Sign in",
        "Menu",
        "Edit mode",
        "View mode",
        "Settings",
        "Download",
        "Dropbox Google Drive",
        "Help",
        "Terms",
    ]
    note = "## KiwiVL\n\n" + "The language model stays frozen while a small adapter is trained on captions. " * 8
    text = "\n".join([*menu * 3, note, *menu * 3, "This note is locked", "Sorry, only owner can edit this note."])
    (document,) = read(text)
    assert text[document.start : document.end] == note.rstrip()


def test_a_note_with_a_few_button_words_is_no_page() -> None:
    text = "# Menu\n- Help\n- Search\n\nThe encoder is frozen.\n"
    (document,) = read(text)
    assert (document.start, document.end) == (0, len(text) - 1)


def test_lines_know_what_they_are() -> None:
    text = "Title\n=====\n> - [x] done\n```\n# code\n```\n| a |\n|---|\n| b |\n"
    kinds = [(block.kind, text[block.body : block.stop]) for block in lay_out(make_source(text).text)]
    assert kinds == [
        ("heading", "Title"),
        ("rule", "====="),
        ("item", "done"),
        ("code", "```"),
        ("code", "# code"),
        ("code", "```"),
        ("head_row", "| a |"),
        ("rule", "|---|"),
        ("row", "| b |"),
    ]
