"""The chat page: Gradio 6, our theme, our own players. What happens when something is sent is in ``talk``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from segue.ui import talk
from segue.ui.room import Room
from segue.ui.views import Left

HERE = Path(__file__).parent
_SCRIPTS = ("page.js", "page_record.js", "page_player.js", "page_mixer.js", "page_now.js")
_NOW = '<section id="sg-now" aria-label="Now"><p class="sg-quiet">What is made or opened stands here.</p></section>'
_KEYS = (
    '<p class="sg-quiet sg-keys">Keys: <kbd>/</kbd> write · <kbd>Esc</kbd> stop · <kbd>Alt</kbd> <kbd>N</kbd> new · '
    "<kbd>.</kbd> this side · on a player <kbd>Space</kbd> <kbd>←</kbd> <kbd>→</kbd></p>"
)
_RECORD = '<button type="button" id="sg-record" aria-label="Record" title="Record" aria-pressed="false">●</button>'
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Ubuntu", "sans-serif"]
_FILES = [
    ".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".webm", ".mp4", ".mov", ".mid",
    ".midi", ".musicxml", ".mxl", ".xml",
]  # fmt: skip


def theme() -> gr.themes.Base:
    """Return the theme: no font from another host."""
    return gr.themes.Soft(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone", radius_size="md",
        font=_FONTS, font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
    ).set(  # Gradio's own shades are too pale to read (WCAG 2.2, 1.4.3)
        body_text_color_subdued="*neutral_600", body_text_color_subdued_dark="*neutral_400",
        input_placeholder_color="*neutral_600", input_placeholder_color_dark="*neutral_400",
        block_title_background_fill="transparent", block_title_background_fill_dark="transparent",
        block_title_text_color="*body_text_color", block_title_text_color_dark="*body_text_color",
        block_title_padding="0", button_primary_background_fill="*primary_700", button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700", button_primary_background_fill_hover_dark="*primary_600",
    )  # fmt: skip


def css() -> str:
    """Return the page's style sheet."""
    return (HERE / "theme.css").read_text(encoding="utf-8")


def script() -> str:
    """Return the page's script: one function, run when the page is there."""
    parts = [(HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return "() => {\n" + "\n".join(parts) + "\n}"


def build(room: Room) -> gr.Blocks:
    """Return the page over a room of conversations."""
    with gr.Blocks(title="Segue", analytics_enabled=False, fill_height=True) as page:
        # In the browser, so that a reload comes back to it; the script keeps it for as long as the tab lives.
        session = gr.Textbox("", visible="hidden", label="Session", elem_classes="sg-session")
        with gr.Sidebar(width=280, elem_classes="sg-side"):
            gr.HTML('<h1 class="sg-brand">Segue</h1>')
            new = gr.Button("New conversation", variant="primary", size="sm", elem_classes="sg-new")
            gr.HTML("<h2>Conversations</h2>")
            search = gr.Textbox(
                label="Search conversations", placeholder="Search", show_label=False, container=False, lines=1, max_lines=1,
                elem_classes="sg-search",
            )  # fmt: skip
            sessions = gr.Radio(
                [], label="Conversations", elem_classes="sg-sessions", show_label=False, container=False
            )
            with gr.Row(visible=False, elem_classes="sg-manage") as manage:
                rename = gr.Button("Rename", size="sm", min_width=60)
                delete = gr.Button("Delete", size="sm", min_width=60)
            title = gr.Textbox(
                label="New title, then Enter", visible=False, lines=1, max_lines=1, elem_classes="sg-title"
            )
        with gr.Sidebar(width=360, position="right", open=False, elem_classes="sg-right"):
            gr.HTML(_NOW)
            with gr.Accordion("Library", open=False):
                library = gr.HTML()
                seek = gr.Textbox(label="Search the library", placeholder="calm piano", lines=1, max_lines=1)
                found = gr.HTML()
                folder = gr.Textbox(
                    label="A folder with music on this machine", placeholder="/home/me/Music", lines=1,
                    elem_classes="sg-folder",
                )  # fmt: skip
                add = gr.Button("Add the folder", size="sm", elem_classes="sg-add")
            with gr.Accordion("Taste", open=False):
                taste = gr.HTML()
            gr.HTML(_KEYS)
        opening = gr.HTML(room.opening_html(), elem_classes="sg-opening")
        with gr.Row(visible=False, elem_classes="sg-first") as first:
            demo = gr.Button("Make the demo library (24 short pieces)", size="sm")
            own = gr.Button("Add a folder of mine", size="sm")
        chat = gr.Chatbot(
            show_label=False, elem_classes="sg-chat", layout="panel", buttons=[], scale=1, visible=False,
            label="Conversation", feedback_options=None,
        )  # fmt: skip
        examples = gr.HTML(room.examples_html(), elem_classes="sg-examples")
        kept = gr.HTML(elem_classes="sg-keeping")
        gr.HTML(
            '<div id="sg-carried"></div><div id="sg-live" class="sg-unseen" role="status" aria-live="polite"></div>'
        )
        with gr.Row(elem_classes="sg-input"):
            box = gr.MultimodalTextbox(
                show_label=False, label="Message", placeholder="Ask for music …",
                sources=["upload"], file_types=_FILES, file_count="multiple", autofocus=True, scale=9,
                submit_btn=True, stop_btn=False,
            )  # fmt: skip
            # Gradio's own recorder fetches what was recorded by its file route, which is blocked.
            gr.HTML(_RECORD, elem_classes="sg-recorder")
            stop = gr.Button(
                "Stop", variant="stop", size="sm", scale=0, min_width=80, visible=False, elem_classes="sg-stop"
            )
        carried = gr.Textbox("", visible="hidden", label="Carried", elem_classes="sg-session")

        def load(kept: str, request: gr.Request) -> tuple[Any, ...]:
            guest = room.guest(request)
            kept = kept if guest.title(kept) else ""
            unanswered = guest.is_open(kept)
            welcome = gr.update(value=room.opening_html(), visible=not kept)
            empty = guest.library_is_empty() and not kept
            return (
                kept,
                gr.update(value=guest.history(kept), visible=bool(kept)),
                welcome,
                gr.update(value=room.examples_html(), visible=not kept),
                gr.update(visible=empty),
                unanswered,
            )

        def watch(seen: str, request: gr.Request) -> tuple[Any, ...]:
            # Drawn anew only when something changed: who listens to the first is not interrupted.
            now = room.opening.stage()
            shown = gr.skip() if now == seen else room.opening_html()
            return shown, now, gr.Timer(active=room.opening.busy or now != seen)

        def send(message: dict[str, Any], current: str, carried: str, request: gr.Request) -> Iterator[Any]:
            try:
                for step in talk.send(room.guest(request), message, current, talk.along(carried)):
                    yield _shown(step)
            except Left:  # what was shown last is not shown once more, as Gradio does at the end
                yield [gr.skip() for _ in turn]

        def cancel(current: str, request: gr.Request) -> None:
            room.guest(request).cancel(current)

        def resume(id: str | None, request: gr.Request) -> tuple[Any, ...]:
            guest = room.guest(request)
            guest.leave()
            unanswered = guest.is_open(id or "")
            history = guest.history(id or "")
            there = bool(history)
            shown = gr.update(value=history, visible=there)
            return id or "", shown, *_welcome(not there, False), *_managed(there), *_idle(), unanswered

        def settle(current: str, unanswered: bool, request: gr.Request) -> Iterator[Any]:
            # A turn goes on when its page is left; who comes back sees its answer as soon as it is there. It may be
            # there by now: what counts is how the turn stood when the page was drawn.
            if unanswered:
                yield gr.update(visible=True)
                room.guest(request).finish(current)
            yield gr.skip()

        def settled(current: str, unanswered: bool, request: gr.Request) -> tuple[Any, ...]:
            # Of the conversation that is open by now: it may be another one.
            guest = room.guest(request)
            if not unanswered:
                return gr.skip(), gr.skip(), False
            still = guest.is_open(current)
            return guest.history(current), gr.update(visible=still), still

        def begin(request: gr.Request) -> tuple[Any, ...]:
            guest = room.guest(request)
            guest.leave()
            empty = guest.library_is_empty()
            none = gr.update(value=[], visible=False)
            return "", none, *_welcome(True, empty), *_managed(False), *_idle(), False, gr.update(value=None)

        def refresh(current: str, request: gr.Request) -> tuple[Any, ...]:
            guest = room.guest(request)
            found = _choices(guest.sessions(), current)
            return found, guest.library_html(), *_managed(bool(current)), *judged(current, request)

        def judged(current: str, request: gr.Request) -> tuple[Any, ...]:
            guest = room.guest(request)
            return guest.taste_html(current), guest.kept_html(current)

        def look_in(words: str, request: gr.Request) -> str:
            return room.guest(request).found_html(words)

        def look_for(words: str, current: str, request: gr.Request) -> Any:  # noqa: ANN401 - a Gradio update
            found = room.guest(request).sessions(words)
            return _choices(found, current if current in {id for _, id in found} else "")

        def ask_title(current: str, request: gr.Request) -> Any:  # noqa: ANN401 - a Gradio update
            return gr.update(value=room.guest(request).title(current), visible=True)

        def set_title(text: str, current: str, request: gr.Request) -> tuple[Any, ...]:
            room.guest(request).rename(current, text)
            return refresh(current, request)

        def forget(current: str, request: gr.Request) -> tuple[Any, ...]:
            if not current:  # thought better of it
                return tuple(gr.skip() for _ in [*screen, waits, sessions])
            guest = room.guest(request)
            guest.delete(current)
            return *begin(request)[:-1], _choices(guest.sessions(), "")

        def make_demo(request: gr.Request) -> Iterator[tuple[Any, ...]]:
            guest = room.guest(request)
            for shown in guest.make_demo():
                yield shown, gr.update(visible=False)
            yield room.opening_html(), gr.update(visible=False)

        def add_folder(path: str, request: gr.Request) -> Iterator[str]:
            yield from room.guest(request).add_folder(path)

        def offers(current: str, request: gr.Request) -> Any:  # noqa: ANN401 - a Gradio update
            return gr.update(visible=not current and room.guest(request).library_is_empty())

        quiet: dict[str, Any] = {"show_progress": "hidden"}
        # What answers at once goes past the queue: a browser that ends one queued stream just as the next event joins
        # it loses that event (Gradio's queue forgets the window whose stream broke off).
        quick: dict[str, Any] = {**quiet, "queue": False}
        turn = [box, session, chat, opening, first, examples, stop]
        screen = [session, chat, opening, examples, first, manage, title, box, stop]
        side = [sessions, library, manage, title, taste, kept]
        seen, waits = gr.State(""), gr.State(False)
        clock = gr.Timer(2.0, active=room.opening.wanted())
        loaded = page.load(
            load, session, [session, chat, opening, examples, first, waits], js="() => window.segueKept()", **quick
        )
        back = loaded.then(refresh, session, side, **quick).then(settle, [session, waits], stop, **quiet)
        back.then(settled, [session, waits], [chat, stop, waits], **quick)
        session.change(None, session, None, js="(id) => window.segueKeep(id)")
        clock.tick(watch, seen, [opening, seen, clock], **quick)
        with_carried = "(said, session) => [said, session, window.segueCarried(said)]"
        sent = gr.on(
            box.submit, send, [box, session, carried], turn, js=with_carried, trigger_mode="always_last", **quiet
        )
        sent.then(refresh, session, side, **quick)
        seek.submit(look_in, seek, found, **quick)
        search.change(look_for, [search, session], sessions, **quick)
        stop.click(cancel, session, None, **quick)
        resumed = sessions.input(resume, sessions, [*screen, waits], **quick)
        again = resumed.then(refresh, session, side, **quick).then(settle, [session, waits], stop, **quiet)
        again.then(settled, [session, waits], [chat, stop, waits], **quick)
        new.click(begin, None, [*screen, waits, sessions], **quick).then(refresh, session, side, **quick)
        rename.click(ask_title, session, title, **quick)
        title.submit(set_title, [title, session], side, **quick)
        may = "(id) => window.segueMayDelete(id)"
        gone = delete.click(forget, session, [*screen, waits, sessions], js=may, trigger_mode="multiple", **quick)
        gone.then(judged, session, [taste, kept], **quick)
        made = demo.click(make_demo, None, [opening, first], **quiet)
        made.then(refresh, session, side, **quick)
        own.click(None, None, None, js="() => window.segueOpenLibrary()")
        added = add.click(add_folder, folder, library, **quiet)
        added.then(offers, session, first, **quick)
    return page


def _managed(there: bool) -> list[Any]:
    """Return what can be done with the conversation that is open; its title is not being asked for."""
    return [gr.update(visible=there), gr.update(visible=False)]


def _idle() -> list[Any]:
    """Return what one writes in, and no button to stop: nothing runs in what is shown."""
    return [gr.update(interactive=True), gr.update(visible=False)]


def _welcome(visible: bool, library_is_empty: bool) -> list[Any]:
    """Return what stands before the first message: the opening, the examples, the offers to a new user."""
    return [gr.update(visible=visible), gr.update(visible=visible), gr.update(visible=library_is_empty)]


def _choices(found: list[tuple[str, str]], current: str) -> Any:  # noqa: ANN401 - a Gradio update
    return gr.update(choices=found, value=current or None)


def _shown(step: talk.Shown) -> list[Any]:
    """Return what the page shows while a turn runs: input, session, conversation, welcome, stop."""
    return [
        gr.update(value=None, interactive=False) if step.clear else gr.update(interactive=not step.running),
        step.session,
        gr.update(value=step.history, visible=True),
        gr.update(visible=False),
        gr.update(visible=False),
        gr.update(visible=False),
        gr.update(visible=step.running),
    ]
