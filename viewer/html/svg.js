/* viewer/html/svg.js - zoom, search and keys of a flame graph that is a picture of its own */
/* SPDX-License-Identifier: MIT */
"use strict";
(function () {
    const LETTER = 6.7;
    const byId = (id) => document.getElementById(id);
    let frames = [];
    let whole = null;

    function read(group) {
        const rect = group.querySelector("rect");
        const number = (name) => Number(rect.getAttribute(name));
        return {
            group, rect, name: group.dataset.name, value: Number(group.dataset.value),
            title: group.querySelector("title").textContent,
            x: number("x"), y: number("y"), width: number("width"),
        };
    }

    function place(frame, x, width) {
        let text = frame.group.querySelector("text");
        frame.group.style.display = width > 0.2 ? "" : "none";
        frame.rect.setAttribute("x", x);
        frame.rect.setAttribute("width", Math.max(width, 0.2));
        const letters = Math.floor((width - 8) / LETTER);
        if (!text) {
            text = document.createElementNS("http://www.w3.org/2000/svg", "text");
            text.setAttribute("y", frame.y + 13);
            frame.group.append(text);
        }
        text.setAttribute("x", x + 4);
        text.textContent = letters < 3 ? ""
            : frame.name.length <= letters ? frame.name : frame.name.slice(0, letters - 1) + "…";
    }

    function zoom(to) {
        const scale = whole.width / to.width;
        for (const frame of frames) {
            const isAbove = frame.y < to.y && frame.x <= to.x + 0.01 &&
                frame.x + frame.width >= to.x + to.width - 0.6;
            const isWithin = frame.y >= to.y && frame.x >= to.x - 0.01 &&
                frame.x + frame.width <= to.x + to.width + 0.6;
            if (isAbove)
                place(frame, whole.x, whole.width);
            else if (isWithin)
                place(frame, whole.x + (frame.x - to.x) * scale, frame.width * scale);
            else
                frame.group.style.display = "none";
        }
    }

    function search(text) {
        let test = () => false;
        try {
            const expression = new RegExp(text, "i");
            test = (name) => expression.test(name);
        } catch (error) {
            test = (name) => name.includes(text);
        }
        let sum = 0;
        let counted = [];
        for (const frame of frames) {
            const matches = Boolean(text) && frame !== whole && test(frame.name);
            frame.group.classList.toggle("match", matches);
            frame.group.classList.toggle("faded", Boolean(text) && !matches);
            const inside = counted.some((other) => frame.x >= other.x - 0.01 &&
                frame.x < other.x + other.width && frame.y > other.y);
            if (matches && !inside) {
                sum += frame.value;
                counted.push(frame);
            }
        }
        byId("matched").textContent = text
            ? `Matched: ${(100 * sum / (whole.value || 1)).toFixed(1)} %` : "";
    }

    function ask() {
        const text = window.prompt("Search for a name (a regular expression):", "");
        if (text !== null)
            search(text);
    }

    function onEnter(element, act) {
        element.addEventListener("click", act);
        element.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                act();
            }
        });
    }

    document.addEventListener("DOMContentLoaded", () => {
        frames = [...document.querySelectorAll("g.frame")].map(read);
        if (!frames.length)
            return;
        whole = frames[0];
        for (const frame of frames) {
            onEnter(frame.group, () => zoom(frame));
            for (const event of ["mouseenter", "focus"])
                frame.group.addEventListener(event, () => {
                    byId("details").textContent = frame.title;
                });
        }
        onEnter(byId("reset"), () => zoom(whole));
        onEnter(byId("search"), ask);
        document.addEventListener("keydown", (event) => {
            if (event.key === "/" || (event.ctrlKey && event.key === "f")) {
                event.preventDefault();
                ask();
            } else if (event.key === "Escape") {
                zoom(whole);
                search("");
            }
        });
    });
}());
