# tests/support/browser.py: a page in headless Chromium, used as a person would
# SPDX-License-Identifier: MIT
"""Debian's Chromium, driven by Selenium through chromedriver: real clicks, drags and keys.

    with Browser(dark=True) as browser:
        browser.open(path)
        browser.find("#theme").click()

Leaving the block checks that the console had nothing to say. Nothing is fetched from elsewhere:
pages are opened from file://. One Chromium serves all blocks of a script, one after the other."""
import atexit
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from support.harness import Failed

CHROMIUM = "/usr/bin/chromium"
CHROMEDRIVER = "/usr/bin/chromedriver"
DEADLINE_S = 60
LAPTOP = (1366, 768)
PHONE = (390, 844)
# Quiet, and content with a container: no sandbox for root, no shared memory of its own.
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-default-apps",
            "--hide-scrollbars")


_chromium = []


def _quit(driver, folder):
    driver.quit()
    shutil.rmtree(folder, ignore_errors=True)


def _start():
    folder = tempfile.mkdtemp(prefix="npntrace-test-chromium-")
    options = Options()
    options.binary_location = CHROMIUM
    for switch in (*SWITCHES, f"--user-data-dir={folder}",
                   f"--window-size={LAPTOP[0]},{LAPTOP[1]}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(CHROMEDRIVER), options=options)
    driver.set_page_load_timeout(DEADLINE_S)
    driver.set_script_timeout(DEADLINE_S)
    atexit.register(_quit, driver, folder)
    return driver


class Browser:
    """A window of a size, with a light or dark system."""

    def __init__(self, size=LAPTOP, dark=False):
        if not _chromium:
            _chromium.append(_start())
        self.driver = _chromium[0]
        is_phone = size == PHONE
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "mobile": is_phone,
            "deviceScaleFactor": 2 if is_phone else 1})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def __enter__(self):
        self.driver.get_log("browser")
        return self

    def __exit__(self, kind, *_):
        said = self.driver.get_log("browser")
        self.driver.get("about:blank")
        if said and kind is None:
            raise Failed(f"the console says: {said}")

    def open(self, path, ready="body[data-ready]"):
        self.driver.get("file://" + path)
        self.wait(lambda: self.find_all(ready))

    def wait(self, condition):
        return WebDriverWait(self.driver, DEADLINE_S).until(lambda _: condition())

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [element.text for element in self.find_all(selector)]

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def click(self, target):
        """With the mouse, in the middle of the window: nothing lies over it there."""
        element = self.find(target) if isinstance(target, str) else target
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.driver).click(element).perform()

    def press(self, *keys):
        """Keys to whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def press_with_shift(self, *keys):
        ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(*keys).key_up(
            Keys.SHIFT).perform()

    def drag(self, element, begin, end):
        """From a share of the element's width to another, half way down."""
        width = element.rect["width"]
        ActionChains(self.driver).move_to_element_with_offset(
            element, int((begin - 0.5) * width), 0).click_and_hold().pause(0.05) \
            .move_by_offset(int((end - begin) * width / 2), 0).pause(0.05) \
            .move_by_offset(int((end - begin) * width) - int((end - begin) * width / 2), 0) \
            .pause(0.05).release().perform()

    def picture(self, path):
        self.driver.save_screenshot(path)
