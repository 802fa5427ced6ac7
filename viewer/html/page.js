/* viewer/html/page.js - puts the parts of the page together */
/* SPDX-License-Identifier: MIT */

const CARDS = [
    { key: "bytes", id: "card-bytes" }, { key: "allocs", id: "card-allocs" },
    { key: "peak", id: "card-peak" }, { key: "live", id: "card-live" },
    { key: "temporary", id: "card-temporary" },
];

function drawCards() {
    const notes = {
        bytes: "", allocs: "", temporary: textOfShare(selection.totals.temporary,
            selection.totals.allocs) + " of the allocations",
        peak: choice.range ? `as sampled each ${textOfTime(INTERVAL_NS)}`
            : `${isAll() ? "" : "of all memory, "}after ${textOfTime(DATA.peak_ns)}`,
        live: `in ${textOfCount(selection.totals.blocks)} blocks`,
    };
    byId("cards").replaceChildren(...CARDS.map(({ key, id }) => {
        const measure = MEASURES[key];
        const value = selection.totals[key];
        return element("button", {
            type: "button", class: "card", id, "data-value": value, title: measure.hint,
            "aria-pressed": String(choice.measure === key), onclick: () => chooseMeasure(key),
        }, element("span", { class: "card-name" }, measureName(key)),
        element("span", { class: "card-value" }, measure.unit(value)),
        element("span", { class: "card-note" }, notes[key] || measure.hint));
    }));
}

function chip(text, title, remove) {
    return element("button", { type: "button", class: "chip", title, onclick: remove },
        text, element("span", { "aria-hidden": "true" }, " ×"));
}

function drawChips() {
    const chips = choice.only.map((only, i) => chip(`only ${only.label}`,
        "show everything again", () => {
            choice.only.splice(i, 1);
            chooseRows();
        }));
    if (choice.range)
        chips.push(chip(rangeText(), "show the whole time again", () => chooseRange(null)));
    byId("chips").replaceChildren(...chips);
}

/* With a time that was chosen, live is what was live at its end. */
function nameMeasures() {
    for (const option of byId("measure").options)
        option.textContent = measureName(option.value);
}

function redraw() {
    select();
    nameMeasures();
    drawCards();
    drawChips();
    showRangeFields();
    drawTimeline();
    drawFlame(true);
    drawTable();
    byId("domain-note").hidden = ROWS_OF_BOTH === false || choice.domain !== "all";
    const whole = choice.range || choice.only.length !== 0;
    for (const note of document.querySelectorAll(".whole-note"))
        note.hidden = !whole;
}

function sameRange(a, b) {
    return a === b || (a && b && a[0] === b[0] && a[1] === b[1]);
}

function chooseRange(range) {
    if (sameRange(choice.range, range))
        return drawTimeline();
    choice.range = range;
    redraw();
}

function chooseRows() {
    redraw();
}

function chooseMeasure(measure) {
    choice.measure = measure;
    choice.sort = measure;
    choice.ascending = false;
    byId("measure").value = measure;
    drawCards();
    drawFlame(true);
    drawTable();
    drawHistograms();
}

function search(text) {
    choice.search = text;
    drawFlame();
    showMatch();
    drawTable();
}

/* light, dark, or as the system has it */
function setUpTheme() {
    const button = byId("theme");
    const themes = ["auto", "light", "dark"];
    let at = 0;
    button.addEventListener("click", () => {
        at = (at + 1) % themes.length;
        if (at === 0)
            delete document.documentElement.dataset.theme;
        else
            document.documentElement.dataset.theme = themes[at];
        button.textContent = `Theme: ${themes[at]}`;
    });
}

function setUpKeys() {
    document.addEventListener("keydown", (event) => {
        const typing = event.target.closest("[type=search], [type=number]");
        if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
            byId("search").focus();
            event.preventDefault();
        } else if (event.key === "?" && !typing) {
            byId("help").showModal();
        } else if (event.key === "Escape" && event.target.id === "search") {
            byId("search").value = "";
            search("");
        }
    });
    byId("help-open").addEventListener("click", () => byId("help").showModal());
    byId("help-close").addEventListener("click", () => byId("help").close());
}

function setUpBar() {
    const select = byId("measure");
    for (const key of MEASURE_KEYS)
        select.append(element("option", { value: key }, MEASURES[key].name));
    select.addEventListener("change", () => chooseMeasure(select.value));
    let waiting = 0;
    byId("search").addEventListener("input", (event) => {
        clearTimeout(waiting);
        waiting = setTimeout(() => search(event.target.value.trim()), 120);
    });
    byId("domain-box").hidden = new Set(ROWS.domain).size < 2;
    for (const button of document.querySelectorAll("[name=domain]"))
        button.addEventListener("change", () => {
            choice.domain = button.value;
            chooseRows();
            drawHistograms();
            drawThreads();
        });
}

function setUpHead() {
    const exe = baseName(DATA.host.exe || DATA.file);
    document.title = `${exe}: memory, npntrace`;
    byId("host").textContent = exe;
    byId("ending").textContent = DATA.ending;
    byId("verdict").textContent = DATA.verdict;
    byId("verdict").classList.add(DATA.is_bad ? "bad" : "good");
    byId("begin").textContent = [DATA.file, DATA.begin && DATA.begin.replace("T", " ")
        .replace("Z", " UTC")].filter(Boolean).join(", ");
    byId("command").textContent = (DATA.host.args || []).join(" ");
    const notes = [];
    if (DATA.lost)
        notes.push(`Lost: ${DATA.lost}`);
    else if (DATA.partial)
        notes.push("Events are missing: the numbers are of what is left.");
    if (DATA.filtered)
        notes.push("This page has a part of the recording, as options asked for.");
    if (DATA.rows_left_out)
        notes.push(`${textOfCount(DATA.rows_left_out)} call stacks with the fewest bytes are put ` +
            "together as “(call stack unknown)”.");
    if (DATA.findings)
        notes.push(`${textOfPlural(DATA.findings, "finding")}: “npntrace findings” says more.`);
    byId("notes").replaceChildren(...notes.map((note) => element("p", {}, note)));
    byId("version").textContent = `npntrace ${DATA.version}`;
}

function start() {
    setUpHead();
    setUpTheme();
    setUpKeys();
    setUpBar();
    setUpTimeline();
    setUpFlame();
    setUpTable();
    setUpHistograms();
    for (const box of document.querySelectorAll("#flame, #table-box, #groups, .scroll"))
        watchOverflow(box);
    /* Colours go by size, not by what is drawn first. */
    for (const row of d3.range(ROW_COUNT))
        ownerColor(ROWS.plugin[row]);
    redraw();
    chooseGroup(DATA.plugins.length ? "plugin" : "function");
    drawHistograms();
    drawThreads();
    let waiting = 0;
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
        if (window.innerWidth === width)
            return;
        width = window.innerWidth;
        clearTimeout(waiting);
        waiting = setTimeout(() => {
            drawTimeline();
            drawFlame();
            drawHistograms();
        }, 100);
    });
    document.body.dataset.ready = "true";
}

start();
