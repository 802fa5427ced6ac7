/* viewer/html/format.js - numbers as people read them, and elements of the page */
/* SPDX-License-Identifier: MIT */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

function textOfCount(number) {
    return Math.round(number).toLocaleString("en-US");
}

function textOfPlural(number, noun) {
    return `${textOfCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function textOfBytes(bytes) {
    let unit = 0;
    let value = Math.abs(bytes);
    while (value >= 1024 && unit + 1 < UNITS.length) {
        value /= 1024;
        unit++;
    }
    const digits = unit === 0 || value >= 100 ? 0 : 1;
    return `${bytes < 0 ? "−" : ""}${value.toFixed(digits)} ${UNITS[unit]}`;
}

function textOfTime(ns) {
    if (ns === 0)
        return "0 s";
    const steps = [[1e3, "ns", 1], [1e6, "µs", 1e3], [1e9, "ms", 1e6], [60e9, "s", 1e9]];
    for (const [below, unit, divisor] of steps)
        if (ns < below) {
            const value = ns / divisor;
            const digits = value >= 100 || divisor === 1 ? 0 : value >= 10 ? 1 : 2;
            return `${value.toFixed(digits)} ${unit}`;
        }
    const seconds = Math.round(ns / 1e9);
    if (seconds < 3600)
        return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function textOfShare(part, whole) {
    if (!whole)
        return "0 %";
    const percent = 100 * part / whole;
    if (percent > 0 && percent < 0.1)
        return "< 0.1 %";
    return `${percent.toFixed(percent >= 99.95 ? 0 : 1)} %`;
}

function baseName(path) {
    return path.slice(path.lastIndexOf("/") + 1);
}

/* An element: attributes (class, data-..., "on..." functions), then children (texts, elements). */
function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false)
            continue;
        if (name.startsWith("on"))
            made.addEventListener(name.slice(2), value);
        else
            made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

function byId(id) {
    return document.getElementById(id);
}

/* What goes on below or to the right of a box fades out there. */
function watchOverflow(box) {
    const look = () => {
        const below = box.scrollHeight - box.clientHeight - box.scrollTop > 2;
        const right = box.scrollWidth - box.clientWidth - box.scrollLeft > 2;
        box.classList.toggle("more-below", below);
        box.classList.toggle("more-right", right);
    };
    box.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    for (const watched of [box, ...box.children])
        observer.observe(watched);
    look();
}

/* Turns a search text into a test of names; /.../ is a regular expression. */
function matcherOf(text) {
    if (!text)
        return null;
    if (text.length > 2 && text.startsWith("/") && text.endsWith("/"))
        try {
            const expression = new RegExp(text.slice(1, -1), "i");
            return (name) => expression.test(name);
        } catch (error) {
            return () => false;
        }
    const wanted = text.toLowerCase();
    return (name) => name.toLowerCase().includes(wanted);
}
