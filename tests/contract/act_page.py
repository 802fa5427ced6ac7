#!/usr/bin/python3
# tests/contract/act_page.py: a browser on QtWebKit that loads one page, says its title and ends
# SPDX-License-Identifier: MIT
"""Usage: act_page.py URL

When the page is loaded and shown its function `play` is called, which changes the title at once or
a bit later. While the page is being loaded it is left to chance which layout makes the plug-ins.
"""
import sys

from PyQt5.QtCore import QEventLoop, QUrl
from PyQt5.QtWebKit import QWebSettings
from PyQt5.QtWebKitWidgets import QWebView
from PyQt5.QtWidgets import QApplication


def main():
    app = QApplication(sys.argv[:1])
    QWebSettings.globalSettings().setAttribute(QWebSettings.PluginsEnabled, True)
    view = QWebView()
    view.resize(200, 100)
    loaded = []
    view.loadFinished.connect(loaded.append)
    view.load(QUrl(sys.argv[1]))
    while not loaded:
        app.processEvents(QEventLoop.WaitForMoreEvents)
    view.show()
    view.page().mainFrame().evaluateJavaScript("play()")
    while not view.title().startswith("done"):
        app.processEvents(QEventLoop.WaitForMoreEvents)
    print(view.title(), flush=True)


if __name__ == "__main__":
    main()
