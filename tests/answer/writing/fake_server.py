"""A server on this machine that speaks the OpenAI protocol and plays models, good and bad.

A model is what it is called: the server looks the name up in `MODELS` and answers by the method of that name. What a
good model would write is set by `text`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass
class FakeServer:
    """What the server plays, and what it was asked."""

    text: str = "Nothing."
    """What the model writes."""
    points_at: str = ""
    """Words of the sentence by which the model gives its verdicts."""
    models: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "good"}])
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The requests for a text, and the headers of each under `headers`."""
    paths: list[str] = field(default_factory=list)
    steps: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Lets a model that writes step by step write its next sentence."""
    url: str = ""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set once a client has left in the middle of a text."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the test: what stalls lets go."""

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://").removesuffix("/v1")


@contextmanager
def serve(fake: FakeServer) -> Iterator[FakeServer]:
    """Let it listen on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.fake = fake  # type: ignore[attr-defined]
    fake.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeServer:
        return cast(FakeServer, self.server.fake)  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Clients that leave are expected."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.fake.gone.set()

    def do_GET(self) -> None:
        self.fake.paths.append(self.path)
        if self.path == "/v1/models":
            self._send(200, json.dumps({"object": "list", "data": self.fake.models}).encode())
        else:
            self._send(404, b'{"error": {"message": "no such page"}}')

    def do_POST(self) -> None:
        self.fake.paths.append(self.path)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.fake.asked.append({**asked, "headers": dict(self.headers)})
        getattr(self, f"_play_{asked['model']}", self._play_unknown)()

    # -- the models --------------------------------------------------------------------------------------------

    def _play_good(self) -> None:
        """Stream the text in pieces of three bytes or so, the usage last."""
        self._begin()
        for at in range(0, len(self.fake.text), 3):
            self._say(self.fake.text[at : at + 3])
        self._event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        self._event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}})
        self._line(b"data: [DONE]\n\n")
        self._line(b"")

    def _play_step_by_step(self) -> None:
        """Write a sentence at each step, and end with the next."""
        self._begin()
        for sentence in re.findall(r".+?\. ", self.fake.text):
            self.fake.steps.acquire()
            self._say(f"{sentence}\n")
        self.fake.steps.acquire()
        self._line(b"data: [DONE]\n\n")
        self._line(b"")

    def _play_echo(self) -> None:
        """Write the evidence as it stands, each passage with its mark."""
        self._stream("\n".join(f"{text} [{mark}]" for mark, text in self._read_evidence()))

    def _play_liar(self) -> None:
        """Write the evidence with a word more, another number, and another's mark."""
        evidence = self._read_evidence()
        marks = [mark for mark, _ in evidence]
        lies = []
        for at, (mark, text) in enumerate(evidence):
            lies.append(f"{text.rstrip('.。')} 97 times better than GPT-9 [{mark}].")
            lies.append(f"It is not so that {re.sub('[;；]', ',', text)} [{mark}]")
            lies.append(f"Nobody knows why [{marks[at - 1]}][{max(marks) + 1}].")
        self._stream("\n".join(lies))

    def _play_judge(self) -> None:
        """Say yes of the paper by the sentence that is pointed at, or else by the first; write no answer."""
        evidence = self._read_evidence()
        mark, text = next((e for e in evidence if self.fake.points_at in e[1]), evidence[0])
        asked = "JSON object" in self.fake.asked[-1]["messages"][0]["content"]
        self._stream(json.dumps({"verdict": "yes", "sentence": mark, "words": text}) if asked else "")

    def _read_evidence(self) -> list[tuple[int, str]]:
        request = self.fake.asked[-1]["messages"][1]["content"]
        lines = re.findall(r"^\[(\d+)\] (\{.*\})$", request, re.MULTILINE)
        return [(int(mark), json.loads(said)["text"]) for mark, said in lines]

    def _stream(self, text: str) -> None:
        self.fake.text = text
        self._play_good()

    def _play_whole(self) -> None:
        """Do not stream."""
        choice = {"message": {"role": "assistant", "content": self.fake.text}, "finish_reason": "stop"}
        self._send(200, json.dumps({"choices": [choice]}).encode())

    def _play_talks_back(self) -> None:
        """Comments, blank lines, carriage returns, records without text."""
        self._begin()
        self._line(b": keep-alive\r\n\r\nevent: message\r\n")
        self._event({"choices": [{"delta": {"role": "assistant", "content": None}}]})
        self._event({"choices": [{"delta": {"reasoning_content": "hm"}}]})
        self._line(b'data:{"choices":[{"delta":{"content":"' + self.fake.text.encode() + b'"}}]}\r\n\r\n')
        self._line(b"data: [DONE]\r\n\r\n")
        self._line(b"")

    def _play_stalls(self) -> None:
        """Say half of it, and then nothing."""
        self._begin()
        self._say(self.fake.text[: len(self.fake.text) // 2])
        self.fake.over.wait()

    def _play_silent(self) -> None:
        """Never answer."""
        self.fake.over.wait()

    def _play_drips(self) -> None:
        """Send a comment now and then for ever."""
        self._begin()
        while not self.fake.over.wait(0.02):
            self._line(b": wait\n\n")

    def _play_dies(self) -> None:
        """Break the connection in the middle."""
        self._begin()
        self._say(self.fake.text[: len(self.fake.text) // 2])
        self.close_connection = True

    def _play_trails_off(self) -> None:
        """End the reply properly, the text in the middle."""
        self._begin()
        self._say(self.fake.text[: len(self.fake.text) // 2])
        self._line(b"")

    def _play_endless(self) -> None:
        """Write for ever."""
        self._begin()
        while not self.fake.over.is_set():
            self._say(self.fake.text * 50)

    def _play_one_line(self) -> None:
        """Send one line without end."""
        self._begin()
        while not self.fake.over.is_set():
            self._line(b"data: " + b"x" * 65536)

    def _play_bad_json(self) -> None:
        self._begin()
        self._line(b'data: {"choices": [{"delta": \n\n')
        self._line(b"")

    def _play_other_records(self) -> None:
        self._begin()
        self._event({"choices": [{"delta": "no record"}]})
        self._line(b"")

    def _play_a_page(self) -> None:
        self._send(200, b"<html>log in first</html>", "text/html")

    def _play_complains(self) -> None:
        """Report a problem within the stream."""
        self._begin()
        self._event({"error": {"message": "out of memory"}})
        self._line(b"")

    def _play_broken(self) -> None:
        self._send(500, b'{"error": {"message": "the model crashed"}}')

    def _play_loading(self) -> None:
        self._send(503, b'{"error": {"message": "Loading model"}}')

    def _play_locked(self) -> None:
        self._send(401, b'{"error": {"message": "no key"}}')

    def _play_moved(self) -> None:
        self.send_response(307)
        self.send_header("Location", "http://other.example/v1/chat/completions")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _play_unknown(self) -> None:
        self._send(404, b'{"error": {"message": "model not found"}}')

    # -- the protocol ------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _say(self, words: str) -> None:
        self._event({"choices": [{"delta": {"content": words}}]})

    def _event(self, record: dict[str, Any]) -> None:
        self._line(b"data: " + json.dumps(record, ensure_ascii=False).encode() + b"\n\n")

    def _line(self, words: bytes) -> None:
        """Send one chunk; an empty one ends the reply."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(words), words))
        self.wfile.flush()

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
