"""The page in a real browser: from the service, and as a folder on a static host."""

import functools
import http.server
import json
import os
import threading
import time
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from mnist_course.app.guard import MAX_BYTES
from mnist_course.app.pad import DrawingPad
from mnist_course.app.page import write_page
from mnist_course.data import load_drawings

SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
NO_STORAGE = """
const refuse = { get() { throw new DOMException("denied", "SecurityError"); } };
Object.defineProperty(window, "localStorage", refuse);
Object.defineProperty(navigator, "serviceWorker", refuse);
"""
NOISE = """
CanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => {
  const noise = Uint8ClampedArray.from({ length: 4 * width * height }, () => 256 * Math.random());
  return new ImageData(noise, width, height);
};
"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def host(tmp_path_factory):
    """A static host, which knows files only."""
    with static_host(write_page(tmp_path_factory.mktemp("site"))) as server:
        yield server


@contextmanager
def static_host(folder):
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def opened(browser):
    """A function that opens the page; whatever the browser complains of fails the test."""
    complaints, before = [], len(browser.contexts)

    def open_page(address, **options):
        page = browser.new_context(**options).new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and complaints.append(m.text))
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for context in browser.contexts[before:]:
        context.close()
    assert complaints == []


@pytest.fixture
def page(opened, host):
    return opened(f"http://127.0.0.1:{host.server_port}/")


def places(page, points):
    box = page.locator("#pad canvas").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def draw(page, points=SEVEN, steps=6) -> None:
    first, *rest = places(page, points)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()


def wait_for(page, digit) -> None:
    page.locator(f"#answer[data-digit='{digit}']").wait_for()


def test_a_drawing_is_read_by_two_models_with_every_stage(page):
    draw(page)
    wait_for(page, 7)
    for side in ("a", "b"):
        assert page.inner_text(f"#bars-{side} .top span") == "7"
        assert "ms" in page.inner_text(f"#time-{side}")
    assert page.locator("#stages figcaption").all_inner_texts() == ["box", "20 x 20", "28 x 28"]
    assert page.locator("#why figure").count() == 3


def test_the_answer_comes_while_the_stroke_is_drawn(page):
    first, *rest = places(page, SEVEN)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=20)
        page.wait_for_timeout(250)
    page.locator("#answer[data-digit]").wait_for()
    page.mouse.up()


def test_undo_erase_and_clear(page):
    draw(page)
    draw(page, [(0.2, 0.5), (0.8, 0.5)])
    page.get_by_role("button", name="Undo").click()
    wait_for(page, 7)
    page.get_by_role("button", name="Erase").click()
    draw(page, [(0.3, 0.25), (0.5, 0.25), (0.7, 0.25), (0.45, 0.8)])  # along the same stroke
    page.get_by_text("Draw a digit from 0 to 9.").wait_for()
    page.get_by_role("button", name="Erase").click()
    draw(page)
    wait_for(page, 7)
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Draw a digit from 0 to 9.").wait_for()


def ink(page) -> int:
    """How many pixels of the drawing are dark, once the keyboard has left it."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector("#pad canvas");
          canvas.blur();
          const copy = document.createElement("canvas"); // the browser warns of reading the other
          copy.width = copy.height = canvas.width;
          const context = copy.getContext("2d");
          context.drawImage(canvas, 0, 0);
          const colours = context.getImageData(0, 0, copy.width, copy.width).data;
          return colours.filter((colour, i) => i % 4 === 0 && colour < 100).length;
        }"""
    )


def press(page, keys: str) -> None:
    page.locator("#pad canvas").focus()
    for key in keys.split():
        page.keyboard.press(key)


def test_a_tap_is_seen_as_a_dot(page):
    draw(page, [(0.5, 0.5)])
    assert ink(page) == pytest.approx(np.pi * (0.04 * 560) ** 2, rel=0.05)


def test_a_stroke_that_leaves_the_paper_leaves_no_line_at_its_edge(page):
    draw(page, [(0.8, 0.3), (1.2, 0.3), (1.2, 0.7), (0.8, 0.7)])
    apart = ink(page)
    page.get_by_role("button", name="Undo").click()  # what came back is a stroke of its own
    assert ink(page) == pytest.approx(apart / 2, rel=0.1)


def test_a_fast_rubber_misses_nothing_on_its_way(page):
    draw(page, [(0.2, 0.5), (0.8, 0.5)])
    page.get_by_role("button", name="Erase").click()
    draw(page, [(0.1, 0.5), (0.9, 0.5)], steps=1)
    assert ink(page) == 0


def test_the_keyboard_erases(page):
    press(page, "Space ArrowDown Space")
    page.get_by_role("button", name="Erase").click()
    press(page, "Space ArrowDown")
    assert ink(page) == 0


@pytest.mark.parametrize("between", ["Backspace", "a stroke of the mouse"])
def test_what_else_changes_the_drawing_lifts_the_pen(page, between):
    seen = []
    for after in ("", "ArrowRight"):
        page.get_by_role("button", name="Clear").click()
        draw(page, [(0.1, 0.1), (0.1, 0.3)])
        press(page, "Space ArrowRight")
        press(page, "Backspace") if between == "Backspace" else draw(page, [(0.9, 0.1), (0.9, 0.3)])
        press(page, after)
        seen.append(ink(page))
    assert seen[0] == seen[1]


def test_a_space_bar_that_is_held_puts_the_pen_down_once(page):
    page.locator("#pad canvas").focus()
    for _ in range(4):
        page.keyboard.down("Space")
    page.keyboard.up("Space")
    press(page, "ArrowDown Backspace")
    assert ink(page) == 0


@pytest.mark.parametrize(("key", "taken"), [("ArrowLeft", True), ("Alt+ArrowLeft", False)])
def test_keys_of_the_browser_stay_the_browsers(page, key, taken):
    page.evaluate("addEventListener('keydown', (e) => (window.taken = e.defaultPrevented))")
    press(page, key)
    assert page.evaluate("window.taken") is taken


def test_a_drawing_from_outside_ends_the_stroke_that_is_drawn(page):
    first, *rest = places(page, SEVEN)
    page.mouse.move(*first)
    page.mouse.down()
    page.evaluate("document.querySelectorAll('#examples button')[1].click()")
    for place in rest:
        page.mouse.move(*place)
    page.mouse.up()
    wait_for(page, 1)


def test_the_keyboard_draws(page):
    page.locator("#pad canvas").focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    wait_for(page, 1)
    page.keyboard.press("Backspace")
    page.get_by_text("Draw a digit from 0 to 9.").wait_for()


@pytest.mark.parametrize("digit", range(10))
def test_the_examples_are_read(page, digit):
    page.locator("#examples").get_by_role("button", name=str(digit)).click()
    wait_for(page, digit)


def test_a_scribble_is_doubted_and_a_digit_is_not(page):
    draw(
        page,
        [(0.2, 0.3), (0.8, 0.35), (0.2, 0.4), (0.8, 0.5), (0.25, 0.55), (0.75, 0.7), (0.3, 0.8)],
    )
    page.locator("#answer[data-is-digit='false']").wait_for()
    page.get_by_text("Not a digit?").first.wait_for()
    page.get_by_role("button", name="Clear").click()
    draw(page)
    page.locator("#answer[data-is-digit='true']").wait_for()


def test_without_centring_the_network_sees_the_drawing_as_it_lies(page):
    draw(page)
    page.get_by_label("Without cutting out").check()
    page.get_by_text("28 x 28, as it lies").wait_for()
    assert page.locator("#stages figure").count() == 1


def test_a_drawing_is_kept_as_mnist_has_it_though_it_is_seen_as_it_lies(page):
    draw(page, [(0.1, 0.1), (0.1, 0.3), (0.12, 0.3)])  # a foot: its middle is on no edge
    page.get_by_label("Without cutting out").check()
    page.get_by_text("28 x 28, as it lies").wait_for()
    page.locator("#labels").get_by_role("button", name="1").click()
    pixels = page.evaluate("JSON.parse(localStorage['labelled drawings'])[0].pixels")
    rows, columns = np.reshape(pixels, (28, 28)).nonzero()
    assert (rows.min(), rows.max()) == (4, 23)
    assert 12 <= columns.mean() <= 15


def test_the_page_draws_where_it_may_keep_nothing(browser, host):
    page = browser.new_page()
    page.add_init_script(NO_STORAGE)
    page.goto(f"http://127.0.0.1:{host.server_port}/")
    page.wait_for_selector("body[data-ready]")
    draw(page)
    wait_for(page, 7)
    page.locator("#labels").get_by_role("button", name="7").click()
    page.get_by_text("1 drawing kept. Not saved").wait_for()
    assert page.get_by_role("button", name="Download drawings").is_enabled()


def test_drawings_are_read_where_a_canvas_gives_noise_for_its_pixels(browser, host):
    page = browser.new_page()
    page.add_init_script(NOISE)  # as Tor Browser does, and LibreWolf, Brave, Safari in part
    page.goto(f"http://127.0.0.1:{host.server_port}/")
    page.wait_for_selector("body[data-ready]")
    draw(page)
    wait_for(page, 7)


def test_another_tabs_drawings_are_shown_and_stay(page, host):
    other = page.context.new_page()
    other.goto(f"http://127.0.0.1:{host.server_port}/")
    other.wait_for_selector("body[data-ready]")
    for tab in (page, other):
        draw(tab)
        wait_for(tab, 7)
        tab.locator("#labels").get_by_role("button", name="7").click()
    for tab in (page, other):
        tab.get_by_text("2 drawings kept").wait_for()


@pytest.mark.parametrize("answer", [{"status": 404, "body": "<h1>gone</h1>"}, None])
def test_a_network_that_does_not_come_is_said_and_another_can_be_chosen(browser, host, answer):
    page = browser.new_context(service_workers="block").new_page()
    hinder = lambda route: route.fulfill(**answer) if answer else route.abort()  # noqa: E731
    page.route("**/networks/reader.bin", hinder)
    page.goto(f"http://127.0.0.1:{host.server_port}/")
    page.wait_for_selector("body[data-ready]")
    page.get_by_text("reader could not be loaded").wait_for()
    draw(page)
    page.get_by_text("reader is not loaded").wait_for()
    assert page.locator("#bars-a .top").count() == 0
    page.locator("#bars-b .top span", has_text="7").wait_for()  # once the last frame is read
    page.get_by_label("Model").select_option("tiny")
    wait_for(page, 7)


def test_the_pen_after_going_back_is_the_one_that_the_slider_shows(page):
    page.get_by_role("slider", name="Pen").fill("0.14")
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector("body[data-ready]")
    assert page.get_by_role("slider", name="Pen").input_value() == "0.08"


def test_a_finger_draws_and_the_page_does_not_scroll(opened, host):
    page = opened(f"http://127.0.0.1:{host.server_port}/", **PHONE)
    touch(page, SEVEN)
    wait_for(page, 7)
    assert page.evaluate("window.scrollY") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def touch(page, points) -> None:
    """A stroke of a finger, as the browser's own protocol sends it."""
    session = page.context.new_cdp_session(page)
    dense = np.concatenate([np.linspace(a, b, 6) for a, b in pairwise(points)])
    kinds = ["touchStart", *["touchMove"] * (len(dense) - 1)]
    for kind, (x, y) in zip(kinds, places(page, dense), strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_shuts_people_out(opened, host, scheme):
    page = opened(f"http://127.0.0.1:{host.server_port}/", color_scheme=scheme)
    draw(page)
    wait_for(page, 7)
    found = Axe().run(page).response
    assert len(found["passes"]) > 20  # it has looked
    assert [violation["id"] for violation in found["violations"]] == []


def colour(page, selector) -> str:
    return page.locator(selector).evaluate("e => getComputedStyle(e).backgroundColor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_the_bars_and_the_pressed_button(opened, host, scheme):
    address = f"http://127.0.0.1:{host.server_port}/"
    page = opened(address, forced_colors="active", color_scheme=scheme)
    draw(page)
    wait_for(page, 7)
    page.get_by_role("button", name="Erase").click()
    behind = {colour(page, ".draw"), colour(page, "body")}
    assert colour(page, "#bars-a .top i") not in behind
    assert colour(page, "[aria-pressed=true]") not in behind


def test_a_dark_page_is_printed_dark_on_light(opened, host):
    page = opened(f"http://127.0.0.1:{host.server_port}/", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(22, 25, 29)"


def test_text_of_twice_the_size_fits_a_narrow_screen(opened, host):
    page = opened(f"http://127.0.0.1:{host.server_port}/", viewport={"width": 360, "height": 740})
    draw(page)
    wait_for(page, 7)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "32px"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_page_opened_as_a_file_says_why_it_stays_empty(browser, tmp_path):
    page = browser.new_page()
    page.goto((write_page(tmp_path) / "index.html").as_uri())
    page.get_by_text("Opened as a file, this page cannot start").wait_for()


def test_labelled_drawings_become_a_file_that_python_reads(page, tmp_path):
    draw(page)
    wait_for(page, 7)
    page.locator("#labels").get_by_role("button", name="1").click()
    page.get_by_text("1 drawing kept").wait_for()
    page.reload()  # it is still there
    with page.expect_download() as download:
        page.get_by_role("button", name="Download drawings").click()
    download.value.save_as(tmp_path / "drawings.npz")
    images, labels = load_drawings(tmp_path / "drawings.npz")
    assert (images.shape, labels.tolist()) == ((1, 28, 28), [1])


@pytest.mark.parametrize(
    ("answer", "left"), [("dismiss", "1 drawing kept"), ("accept", "None kept")]
)
def test_drawings_are_forgotten_only_by_those_who_say_so_twice(page, answer, left):
    draw(page)
    wait_for(page, 7)
    page.locator("#labels").get_by_role("button", name="7").click()
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), getattr(dialog, answer)()))
    page.get_by_role("button", name="Forget").click()
    page.get_by_text(left).wait_for()
    assert asked == ["Forget 1 drawing? Nothing brings them back."]


def test_offline_after_the_first_visit(page, host):
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    draw(page)
    wait_for(page, 7)
    assert not page.locator("#photo-row").is_visible()


@pytest.fixture
def old_site(tmp_path):
    """A page whose files are so old that browsers do not ask for them again by themselves."""
    for file in write_page(tmp_path).rglob("*"):
        os.utime(file, (time.time() - 5_000_000,) * 2)
    return tmp_path


def update(folder) -> None:
    """A new app.js that imports a new file, as another version of the course may bring."""
    script, config = folder / "app.js", folder / "config.json"
    (folder / "new.js").write_text("document.title = 'new';")
    script.write_text('import "./new.js";\n' + script.read_text("utf-8"), "utf-8")
    told = json.loads(config.read_text())
    config.write_text(json.dumps(told | {"files": [*told["files"], "new.js"]}))


def test_an_update_is_seen_at_once_and_kept_whole(opened, old_site):
    with static_host(old_site) as host:
        address = f"http://127.0.0.1:{host.server_port}/"
        page = opened(address)
        page.evaluate("navigator.serviceWorker.ready")
        update(old_site)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        assert page.title() == "new"
        page.wait_for_function("async () => Boolean(await caches.match('new.js'))")
        page.context.set_offline(True)
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.title() == "new"


@pytest.fixture
def photo(tmp_path):
    """A picture of a seven."""
    Image.fromarray(picture_of(SEVEN)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def picture_of(*strokes) -> np.ndarray:
    pad = DrawingPad()
    pad.strokes = [[[x, y] for x, y in stroke] for stroke in strokes]
    return pad.picture()


def test_a_photograph_goes_to_the_service(opened, service, photo):
    page = opened(service)
    page.locator("#photo").set_input_files(photo)
    wait_for(page, 7)
    assert page.locator("#stages figcaption").all_inner_texts()[0] == "grey"


def test_a_photograph_of_too_many_bytes_is_made_smaller(opened, service, photo):
    large = photo.with_name("large.bmp")
    Image.open(photo).convert("RGB").resize((2000, 2000)).save(large)
    assert large.stat().st_size > MAX_BYTES
    page = opened(service)
    page.locator("#photo").set_input_files(large)
    wait_for(page, 7)


def test_a_large_file_that_is_no_picture_is_refused_in_words(browser, service, tmp_path):
    (tmp_path / "large.png").write_bytes(b"no picture" * (MAX_BYTES // 9))
    page = browser.new_page()  # a browser writes a refusal into its console
    page.goto(service)
    page.wait_for_selector("body[data-ready]")
    page.locator("#photo").set_input_files(tmp_path / "large.png")
    page.get_by_text("send a smaller picture").wait_for()


def test_a_photograph_stays_while_the_settings_of_drawings_change(opened, service, photo):
    page = opened(service)
    page.locator("#photo").set_input_files(photo)
    wait_for(page, 7)
    page.get_by_role("slider", name="Pen").fill("0.12")
    page.evaluate("new Promise(requestAnimationFrame)")  # a drawing is read at the next frame
    assert page.locator("#answer").get_attribute("data-digit") == "7"
    assert page.get_by_label("Without cutting out").is_disabled()
    draw(page)
    page.get_by_label("Without cutting out").check()  # for drawings it is there


def test_the_same_photograph_can_be_chosen_again(opened, service, photo):
    page = opened(service)
    for button in ("#photo", "#camera"):
        page.locator(button).set_input_files(photo)
        wait_for(page, 7)
        assert page.locator(button).input_value() == ""  # else choosing it again is no change


def test_a_photograph_that_is_read_before_the_networks_come_stays(browser, service, photo):
    page = browser.new_page()
    page.route("**/networks/*", lambda route: None)  # held, until there is no such rule
    page.goto(service)
    page.locator("#photo-row").wait_for()
    page.locator("#photo").set_input_files(photo)
    page.locator("#stages figure").first.wait_for()
    page.unroute("**/networks/*")
    page.wait_for_selector("body[data-ready]")
    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.locator("#answer").get_attribute("data-digit") == "7"


DROP = """([bytes, before]) => {
  document.querySelector(before)?.click();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(bytes)], "picture.png"));
  const options = { dataTransfer, bubbles: true, cancelable: true };
  const drop = (name) => document.body.dispatchEvent(new DragEvent(name, options));
  return ["dragover", "drop"].map((name) => drop(name));
}"""


def test_a_picture_may_be_dropped_on_the_page(opened, service, photo):
    page = opened(service)
    stayed = page.evaluate(DROP, [list(photo.read_bytes()), "none"])
    assert stayed == [False, False]  # the browser does not open the file itself
    wait_for(page, 7)


def test_a_drawing_that_waits_for_its_frame_does_not_displace_a_picture(opened, service, photo):
    page = opened(service)
    page.evaluate(DROP, [list(photo.read_bytes()), "#examples button:nth-of-type(2)"])
    wait_for(page, 7)
    assert page.locator("#stages figcaption").all_inner_texts()[0] == "grey"


def test_the_model_that_read_several_digits_is_named(opened, service, tmp_path):
    row = np.hstack([picture_of(SEVEN), picture_of([(0.5, 0.2), (0.5, 0.8)])])
    Image.fromarray(row).save(tmp_path / "row.png")
    page = opened(service)
    page.locator("#photo").set_input_files(tmp_path / "row.png")
    page.get_by_text("As several digits, reader reads 71").wait_for()
    page.get_by_label("Model").select_option("tiny")
    page.get_by_text("tiny reads").wait_for()
    assert page.inner_text("#number") == "As several digits, reader reads 71"
    draw(page)
    wait_for(page, 7)
    assert page.inner_text("#number") == ""


def test_the_page_says_what_is_sent(opened, service):
    page = opened(service)
    page.get_by_text("on this device: drawings are not sent").wait_for()
    page.get_by_text("Pictures are sent to the service, which keeps nothing").wait_for()


@pytest.mark.parametrize(
    "answer", [{"status": 502, "body": "<h1>Bad gateway</h1>"}, None], ids=["a proxy", "nobody"]
)
def test_a_service_that_is_gone_is_said_on_the_page(browser, service, photo, answer):
    page = browser.new_page()
    page.goto(service)
    page.wait_for_selector("body[data-ready]")
    page.route("**/api/*", lambda route: route.fulfill(**answer) if answer else route.abort())
    page.locator("#photo").set_input_files(photo)
    page.get_by_text("The service does not answer. Drawings are still read here.").wait_for()


def test_ten_keys_stand_in_full_rows_on_a_phone(opened, host):
    page = opened(f"http://127.0.0.1:{host.server_port}/", **PHONE)
    for keys in ("examples", "labels"):
        buttons = page.locator(f"#{keys} button").all()
        assert len({round(button.bounding_box()["width"]) for button in buttons}) == 1


def test_what_is_no_picture_is_said_on_the_page(browser, service, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    page = browser.new_page()
    page.goto(service)
    page.wait_for_selector("body[data-ready]")
    page.locator("#photo").set_input_files(tmp_path / "text.png")
    draw(page)
    wait_for(page, 7)
    page.locator("#photo").set_input_files(tmp_path / "text.png")
    page.get_by_text("cannot read this picture").wait_for()
    page.get_by_label("Without cutting out").check()  # the drawing is still there, and read again
    wait_for(page, 7)


def test_a_blank_picture_is_said_without_advice_to_programs(browser, service, tmp_path):
    Image.fromarray(np.full((90, 90), 255, np.uint8)).save(tmp_path / "blank.png")
    page = browser.new_page()
    page.goto(service)
    page.wait_for_selector("body[data-ready]")
    page.locator("#photo").set_input_files(tmp_path / "blank.png")
    page.locator("#answer").get_by_text("no ink").wait_for()
    assert "?ink" not in page.inner_text("#answer")
