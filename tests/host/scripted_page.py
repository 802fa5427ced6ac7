#!/usr/bin/python3
# tests/host/scripted_page.py: a QtWebKit browser whose page is built and taken apart by a script
# SPDX-License-Identifier: MIT
"""Usage: scripted_page.py SCREENSHOT

Two plug-ins with two instances each come and go in a fixed order; what the page's scripts return is
printed. QtWebKit creates an instance when the page is laid out and destroys it when its element
goes, both within the script call that asks for it, so there is nothing to wait for but the first
load.
"""
import sys

from PyQt5.QtCore import QEventLoop, QUrl
from PyQt5.QtGui import QImage
from PyQt5.QtWebKit import QWebSettings
from PyQt5.QtWebKitWidgets import QWebView
from PyQt5.QtWidgets import QApplication

SIZE = (420, 200)
ONE = "application/x-npsample"
TWO = "application/x-npsample2"

ADD = """(function () {
    var embed = document.createElement("embed");
    embed.id = "%s";
    embed.type = "%s";
    embed.width = 90;
    embed.height = 30;
    embed.setAttribute("color", "%s");
    embed.setAttribute("do", "%s");
    document.body.appendChild(embed);
    return embed.offsetWidth;
})()"""

REMOVE = """(function () {
    var embed = document.getElementById("%s");
    embed.parentNode.removeChild(embed);
    return document.getElementsByTagName("embed").length;
})()"""


class Page:
    def __init__(self, app):
        self.view = QWebView()
        self.view.resize(*SIZE)
        loaded = []
        self.view.loadFinished.connect(loaded.append)
        self.view.setHtml("<!DOCTYPE html><title>scripted</title><body></body>",
                          QUrl("about:blank"))
        while not loaded:
            app.processEvents(QEventLoop.WaitForMoreEvents)
        self.view.show()

    def script(self, text):
        """Runs a script and prints what it gives."""
        result = self.view.page().mainFrame().evaluateJavaScript(text)
        print(result, flush=True)

    def add(self, name, mime, color, program):
        self.script(ADD % (name, mime, color, program))

    def remove(self, name):
        self.script(REMOVE % name)

    def screenshot(self, path):
        image = QImage(self.view.size(), QImage.Format_RGB32)
        self.view.render(image)
        if not image.save(path, "PNG"):
            sys.exit(f"cannot write {path}")


def play(page, screenshot):
    page.add("a", ONE, "c03020",
             "alloc 100; alloc 200 3; leak 3; destroy: free 0; destroy: leak 1 40")
    page.add("b", TWO, "20a040", "alloc 5000; temp 50 64; destroy: free all")
    page.script("document.getElementById('a').alloc(64, 2)")
    page.script("document.getElementById('b').leak(4, 1000)")
    page.add("c", ONE, "3060c0", "leak 2 100; identifiers 3; churn 300 24")
    page.script("document.getElementById('c').eval('document.getElementById(\"b\").alloc(9)')")
    page.script("document.getElementById('a').table()")
    page.remove("a")
    page.add("d", TWO, "a0a020", "alloc 48 2; flushall 5; keepidentifiers 2; destroy: leak 2 8")
    page.script("document.getElementById('d').put(0, 7) + document.getElementById('c').take(7)")
    page.script("document.getElementById('b').label + document.getElementById('c').label")
    page.screenshot(screenshot)
    page.remove("d")
    page.remove("b")
    page.remove("c")


def main():
    app = QApplication(sys.argv[:1])
    QWebSettings.globalSettings().setAttribute(QWebSettings.PluginsEnabled, True)
    page = Page(app)
    play(page, sys.argv[1])


if __name__ == "__main__":
    main()
