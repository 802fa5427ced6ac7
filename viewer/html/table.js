/* viewer/html/table.js - sortable tables of who allocated */
/* SPDX-License-Identifier: MIT */

const ROWS_SHOWN = 25;

const table = { limit: ROWS_SHOWN, opened: new Set() };

/* An entry: {key, label, note, values: {measure: number}}; open() gives what a click shows. */
function entryOf(key, label, note) {
    const values = {};
    for (const measure of MEASURE_KEYS)
        values[measure] = 0;
    return { key, label, note, values };
}

function addRow(entry, row) {
    for (const measure of MEASURE_KEYS)
        entry.values[measure] += selection.values[measure][row];
}

function byColumn(column, describeKey) {
    const entries = new Map();
    for (let row = 0; row < ROW_COUNT; row++) {
        if (!selection.mask[row])
            continue;
        const key = column[row];
        if (!entries.has(key))
            entries.set(key, entryOf(key, ...describeKey(key)));
        addRow(entries.get(key), row);
    }
    return [...entries.values()];
}

function describeInstance(serial) {
    const instance = DATA.instances[serial - 1];
    if (!instance)
        return ["(no instance)", ""];
    return [`#${serial} ${instance.mime || "(no MIME type)"}`,
        [PLUGIN_NAMES.get(instance.plugin), instance.page].filter(Boolean).join(" · ")];
}

/* Allocated right there. */
function byInnermost(kind) {
    const keys = placeKeys(kind);
    const { place } = DATA.nodes;
    const column = Int32Array.from(ROWS.node, (node) => keys.of[place[node]]);
    return byColumn(column, (key) => describePlace(kind, keys.places[key]));
}

/* There or in what it called. */
function byAnywhere(kind) {
    const keys = placeKeys(kind);
    const { place } = DATA.nodes;
    const outer = outermostNodes(kind);
    const entries = new Map();
    for (const measure of MEASURE_KEYS) {
        const sums = nodeSums(measure);
        for (let node = 1; node < place.length; node++) {
            if (!outer[node] || !sums[node])
                continue;
            const key = keys.of[place[node]];
            if (!entries.has(key))
                entries.set(key, entryOf(key, ...describePlace(kind, keys.places[key])));
            entries.get(key).values[measure] += sums[node];
        }
    }
    return [...entries.values()];
}

function describePlace(kind, place) {
    if (place === 0)
        return ["(call stack unknown)", ""];
    if (kind === "function")
        return [placeLabel(place), placeModule(place)];
    if (kind === "module")
        return [placeModule(place), DATA.texts[PLACES.module[place]]];
    return [placeSource(place) || placeLabel(place), placeLabel(place)];
}

const PLUGIN_FILES = new Map(DATA.plugins.map((plugin) => [plugin.id, baseName(plugin.path)]));

function stackOf(node) {
    const places = [];
    for (; node; node = DATA.nodes.parent[node])
        places.push(DATA.nodes.place[node]);
    return places;
}

/* What the plug-in did says more than strdup() in it; a function with a name, than an address. */
function describeStack(node, plugin, domain) {
    const places = stackOf(node);
    const file = plugin === 0 ? null : PLUGIN_FILES.get(plugin);
    const own = places.find((place) => placeModule(place) === file && PLACES.function[place]);
    const named = own !== undefined ? own : places.find((place) => PLACES.function[place]);
    const place = named === undefined ? places[0] : named;
    const owner = ownerName(plugin, domain === 0 ? "npn" : "heap");
    return [place === undefined ? "(call stack unknown)" : placeLabel(place),
        [owner, place === undefined ? "" : placeSource(place) || placeModule(place)]
            .filter(Boolean).join(" · ")];
}

function byStack() {
    const entries = new Map();
    for (let row = 0; row < ROW_COUNT; row++) {
        if (!selection.mask[row])
            continue;
        const name = `${ROWS.node[row]} ${ROWS.plugin[row]} ${ROWS.domain[row]}`;
        if (!entries.has(name)) {
            const described = describeStack(ROWS.node[row], ROWS.plugin[row], ROWS.domain[row]);
            const entry = entryOf(name, ...described);
            entry.node = ROWS.node[row];
            entries.set(name, entry);
        }
        addRow(entries.get(name), row);
    }
    return [...entries.values()];
}

/* An instance is not asked for: a leak may be of several. */
function leakTest({ kind, key }) {
    if (kind === "instance")
        return () => true;
    if (kind === "plugin")
        return (leak) => leak.plugin === key;
    const through = nodesThrough(kind, key);
    return (leak) => through[leak.node] === 1;
}

function leakEntries() {
    const tests = choice.only.map(leakTest);
    if (choice.domain !== "all")
        tests.push((leak) => (leak.domain === "heap") === (choice.domain === "heap"));
    return DATA.leaks.flatMap((leak, i) => {
        if (!tests.every((test) => test(leak)))
            return [];
        const [label, note] = describeStack(leak.node, leak.plugin, leak.domain === "npn" ? 0 : 1);
        const entry = entryOf(`leak ${i}`, label,
            [note, / blocks?$/.test(leak.what) ? "" : leak.what, leak.why, leak.age].filter(Boolean).join(" · "));
        entry.node = leak.node;
        entry.values.live = leak.bytes;
        entry.values.blocks = leak.blocks;
        entry.rank = i;
        return [entry];
    });
}

function leakNote() {
    const { blocks, bytes } = DATA.leaks_suppressed;
    const parts = ["What plug-ins had not freed at the end, the likeliest leaks first."];
    if (DATA.leak_count > DATA.leaks.length)
        parts.push(`These are ${textOfCount(DATA.leaks.length)} of ` +
            `${textOfCount(DATA.leak_count)}: “npntrace leaks --limit=0” has all.`);
    if (choice.range)
        parts.push("They are those of the whole recording.");
    if (blocks)
        parts.push(`Left out, as the libraries’ own: ${textOfPlural(blocks, "block")}, ` +
            `${textOfBytes(bytes)}.`);
    return parts.join(" ");
}

const OF_PLACES = ["function", "module", "line"];
const GROUPS = {
    plugin: {
        name: "Plug-ins", measures: MEASURE_KEYS,
        entries: () => byColumn(ROWS.plugin, (id) => [ownerName(id, choice.domain), ""]),
    },
    instance: {
        name: "Instances", measures: MEASURE_KEYS,
        entries: () => byColumn(ROWS.instance, describeInstance),
    },
    function: { name: "Functions", measures: MEASURE_KEYS },
    line: { name: "Lines", measures: MEASURE_KEYS },
    module: { name: "Modules", measures: MEASURE_KEYS },
    stack: { name: "Call stacks", measures: MEASURE_KEYS, entries: byStack },
    leak: { name: "Leaks", measures: ["live", "blocks"], entries: leakEntries },
};

function entriesNow() {
    if (OF_PLACES.includes(choice.group))
        return choice.inclusive ? byAnywhere(choice.group) : byInnermost(choice.group);
    return GROUPS[choice.group].entries();
}

function isEmpty(entry) {
    return MEASURE_KEYS.every((measure) => !entry.values[measure]);
}

function sortEntries(entries) {
    const sign = choice.ascending ? 1 : -1;
    const by = {
        name: (a, b) => a.label.localeCompare(b.label),
        rank: (a, b) => b.rank - a.rank,
    }[choice.sort] || ((a, b) => a.values[choice.sort] - b.values[choice.sort]);
    return entries.sort((a, b) => sign * by(a, b) || a.label.localeCompare(b.label));
}

function sortBy(key) {
    choice.ascending = choice.sort === key ? !choice.ascending : key === "name";
    choice.sort = key;
    drawTable();
    byId("table").querySelector(`[data-sort="${key}"]`).focus();
}

function headOf(measures) {
    const cell = (key, name, hint) => {
        const sorted = choice.sort === key;
        const arrow = sorted ? (choice.ascending ? "▲" : "▼") : "";
        return element("th", {
            scope: "col", class: key === "name" ? "name" : "number",
            "aria-sort": sorted ? (choice.ascending ? "ascending" : "descending") : null,
        }, element("button", {
            type: "button", "data-sort": key, title: hint, onclick: () => sortBy(key),
        }, name, element("span", { class: "arrow", "aria-hidden": "true" }, arrow)));
    };
    return element("thead", {}, element("tr", {},
        cell("name", GROUPS[choice.group].name, "sort by name"),
        ...measures.map((key) => cell(key, choice.group === "leak" ? MEASURES[key].name
            : measureName(key), MEASURES[key].hint))));
}

function stackList(node) {
    const places = stackOf(node);
    const items = places.map((place) => element("li", {},
        element("code", {}, placeLabel(place)),
        element("span", { class: "faint" },
            ` ${[placeSource(place), placeModule(place)].filter(Boolean).join(" · ")}` +
            `${PLACES.flags[place] & 1 ? " (inlined)" : ""}`)));
    return element("ol", { class: "stack" }, ...items);
}

function openEntry(entry) {
    if (entry.node !== undefined) {
        if (!table.opened.delete(entry.key))
            table.opened.add(entry.key);
        drawTable();
        const opened = [...byId("table").querySelectorAll("tbody button")]
            .find((button) => button.dataset.key === String(entry.key));
        if (opened)
            opened.focus();
        return;
    }
    if (!choice.only.some((other) => other.kind === choice.group && other.key === entry.key))
        choice.only.push({ kind: choice.group, key: entry.key, label: entry.label });
    chooseRows();
}

function rowsOf(entry, measures, most) {
    const hasStack = entry.node !== undefined;
    const isOpen = table.opened.has(entry.key);
    const name = element("td", { class: "name" }, element("button", {
        type: "button", class: "entry", "data-key": entry.key,
        "aria-expanded": hasStack ? String(isOpen) : null,
        title: hasStack ? "show the call stack" : "show only this",
        onclick: () => openEntry(entry),
    }, entry.label), element("span", { class: "note" }, entry.note));
    const cells = measures.map((key) => {
        const value = entry.values[key];
        const share = key === choice.sort && most ? Math.max(0, value / most) : 0;
        return element("td", {
            class: "number", "data-value": value, "data-measure": key,
            style: share ? `--share:${(100 * share).toFixed(1)}%` : null,
        }, MEASURES[key].unit(value));
    });
    const row = element("tr", {}, name, ...cells);
    if (!isOpen)
        return [row];
    return [row, element("tr", { class: "opened" },
        element("td", { colspan: measures.length + 1 }, stackList(entry.node)))];
}

function footOf(count, shown) {
    const box = byId("table-more");
    const left = count - shown;
    box.replaceChildren(element("span", { class: "faint", "data-count": count },
        `${textOfCount(shown)} of ${textOfCount(count)}`));
    if (left > 0)
        box.append(element("button", {
            type: "button", onclick: () => {
                table.limit += 4 * ROWS_SHOWN;
                drawTable();
            },
        }, `Show ${textOfCount(Math.min(left, 4 * ROWS_SHOWN))} more`));
}

function drawTable() {
    const measures = GROUPS[choice.group].measures;
    if (!["name", "rank"].includes(choice.sort) && !measures.includes(choice.sort))
        choice.sort = measures[0];
    const match = matcherOf(choice.search);
    const entries = sortEntries(entriesNow().filter((entry) => !isEmpty(entry) &&
        (match === null || match(entry.label) || match(entry.note))));
    const most = choice.sort === "name" ? 0
        : d3.max(entries, (entry) => entry.values[choice.sort]);
    const shown = entries.slice(0, table.limit);
    byId("table").replaceChildren(headOf(measures), element("tbody", {},
        ...shown.flatMap((entry) => rowsOf(entry, measures, most))));
    byId("table-empty").hidden = entries.length !== 0;
    footOf(entries.length, shown.length);
    byId("inclusive-box").hidden = !OF_PLACES.includes(choice.group);
    byId("table-note").textContent = choice.group === "leak" ? leakNote() : "";
}

function tabKey(event) {
    const tabs = [...byId("groups").querySelectorAll("[role=tab]")];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined)
        return;
    const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
    next.click();
    next.focus();
    event.preventDefault();
}

function chooseGroup(group) {
    choice.group = group;
    if (group === "leak") {
        choice.sort = "rank";
        choice.ascending = false;
    } else if (choice.sort === "rank") {
        choice.sort = choice.measure;
    }
    table.limit = ROWS_SHOWN;
    for (const tab of byId("groups").querySelectorAll("[role=tab]")) {
        const chosen = tab.dataset.group === group;
        tab.setAttribute("aria-selected", String(chosen));
        tab.setAttribute("tabindex", chosen ? 0 : -1);
    }
    drawTable();
}

function setUpTable() {
    for (const [key, group] of Object.entries(GROUPS)) {
        if ((key === "leak" && DATA.leaks.length === 0) ||
            (key === "instance" && DATA.instances.length === 0))
            continue;
        const count = key === "leak" ? ` (${textOfCount(DATA.leak_count)})` : "";
        byId("groups").append(element("button", {
            role: "tab", type: "button", "data-group": key, "aria-controls": "table-box",
            onclick: () => chooseGroup(key), onkeydown: tabKey,
        }, group.name + count));
    }
    byId("inclusive").addEventListener("change", () => {
        choice.inclusive = byId("inclusive").checked;
        drawTable();
    });
}
