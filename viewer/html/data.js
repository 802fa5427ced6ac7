/* viewer/html/data.js - the recording's numbers, and what of them is selected */
/* SPDX-License-Identifier: MIT */

/*
 * Rows are (owner, call stack); nodes are the tree of all stacks, a parent before its children.
 * Everything shown is a sum over the rows that are selected, of one measure, over a range of the
 * timeline's samples. Without a range the rows' own numbers are taken, else they are made from the
 * changes, which say in which interval a row allocated and freed what.
 */
const DATA = JSON.parse(byId("data").textContent);
const ROWS = DATA.rows;
const ROW_COUNT = ROWS.node.length;
const SAMPLES = DATA.samples;
const INTERVAL_NS = DATA.interval_ns;
const CHANGES = DATA.changes;

const MEASURES = {
    bytes: { name: "Allocated", unit: textOfBytes, hint: "bytes asked for, freed since or not" },
    allocs: { name: "Allocations", unit: textOfCount, hint: "calls that allocated" },
    live: { name: "Live at the end", unit: textOfBytes, hint: "bytes that nobody has freed" },
    blocks: { name: "Live blocks", unit: textOfCount, hint: "blocks that nobody has freed" },
    peak: { name: "At the peak", unit: textOfBytes, hint: "bytes live when most was" },
    temporary: {
        name: "Temporary", unit: textOfCount,
        hint: "blocks freed before their thread allocated again",
    },
};
const MEASURE_KEYS = Object.keys(MEASURES);

/* What the reader chose. only: {kind, key, label} each; range: [first, end) of samples, or null. */
const choice = {
    measure: "bytes", domain: "all", search: "", range: null, only: [],
    upsideDown: false, group: "plugin", inclusive: false, sort: "bytes", ascending: false,
};

const ROWS_OF_BOTH = new Set(ROWS.domain).size === 2 && DATA.host_heap;

function isAll() {
    return choice.only.length === 0 && choice.domain === "all";
}

function measureName(key) {
    const after = { live: "Live after it", blocks: "Blocks after it" };
    return (choice.range && after[key]) || MEASURES[key].name;
}

function sampleTime(sample) {
    return DATA.first_ns + sample * INTERVAL_NS;
}

const PLUGIN_NAMES = new Map(DATA.plugins.map((plugin) => [plugin.id, plugin.name]));

function ownerName(plugin, domain) {
    return plugin === 0 ? (domain === "npn" ? "(no plug-in)" : "(host)") : PLUGIN_NAMES.get(plugin);
}

/* ---- places and nodes ---- */

const PLACES = DATA.places;

function placeLabel(place) {
    if (PLACES.function[place])
        return DATA.texts[PLACES.function[place]];
    const module = baseName(DATA.texts[PLACES.module[place]]);
    const offset = `0x${PLACES.offset[place].toString(16)}`;
    return module ? `${module}+${offset}` : offset;
}

function placeSource(place) {
    const file = DATA.texts[PLACES.file[place]];
    if (!file)
        return "";
    return PLACES.line[place] ? `${baseName(file)}:${PLACES.line[place]}` : baseName(file);
}

function placeModule(place) {
    return baseName(DATA.texts[PLACES.module[place]]) || "(no module)";
}

/* Places that are the same function, module or line have one key; keys are numbered from 0. */
function keysOfPlaces(nameOf) {
    const seen = new Map();
    const names = [];
    const places = [];
    const of = Int32Array.from(PLACES.function, (_, place) => {
        const name = nameOf(place);
        if (!seen.has(name)) {
            seen.set(name, names.length);
            names.push(name);
            places.push(place);
        }
        return seen.get(name);
    });
    return { of, names, places };
}

const keysCache = {};
const KEY_NAMES = {
    function: (place) => `${placeLabel(place)}\n${placeModule(place)}`,
    module: placeModule,
    line: (place) => placeSource(place) || placeLabel(place),
};

function placeKeys(kind) {
    if (!keysCache[kind])
        keysCache[kind] = keysOfPlaces(KEY_NAMES[kind]);
    return keysCache[kind];
}

/* Nodes none of whose callers has the same key: what their sums make together counts all once. */
const outerCache = {};
function outermostNodes(kind) {
    if (outerCache[kind])
        return outerCache[kind];
    const keys = placeKeys(kind).of;
    const { parent, place } = DATA.nodes;
    const outer = new Uint8Array(parent.length);
    for (let node = 1; node < parent.length; node++) {
        let above = parent[node];
        while (above && keys[place[above]] !== keys[place[node]])
            above = parent[above];
        outer[node] = above ? 0 : 1;
    }
    outerCache[kind] = outer;
    return outer;
}

/* ---- rows that are selected ---- */

function nodesThrough(kind, key) {
    const keys = placeKeys(kind).of;
    const { parent, place } = DATA.nodes;
    const through = new Uint8Array(parent.length);
    for (let node = 1; node < parent.length; node++)
        through[node] = through[parent[node]] || keys[place[node]] === key ? 1 : 0;
    return through;
}

function rowTest({ kind, key }) {
    if (kind === "plugin")
        return (row) => ROWS.plugin[row] === key;
    if (kind === "instance")
        return (row) => ROWS.instance[row] === key;
    const through = nodesThrough(kind, key);
    return (row) => through[ROWS.node[row]] === 1;
}

function selectedRows() {
    const mask = new Uint8Array(ROW_COUNT).fill(1);
    const tests = choice.only.map(rowTest);
    if (choice.domain !== "all")
        tests.push((row) => ROWS.domain[row] === (choice.domain === "npn" ? 0 : 1));
    for (let row = 0; row < ROW_COUNT; row++)
        if (!tests.every((test) => test(row)))
            mask[row] = 0;
    return mask;
}

/* ---- numbers ---- */

const selection = { mask: null, values: null, totals: null, curves: null };

/* By row, from the rows themselves. */
function wholeValues() {
    const columns = {
        bytes: ROWS.bytes, allocs: ROWS.allocs, live: ROWS.live_bytes, blocks: ROWS.live_blocks,
        peak: ROWS.at_peak_bytes, temporary: ROWS.temporary,
    };
    for (const key of MEASURE_KEYS)
        columns[key] = Float64Array.from(columns[key]);
    return columns;
}

function addUpTo(values, field, end, mask) {
    for (let i = 0; i < CHANGES.row.length && CHANGES.sample[i] < end; i++)
        if (mask[CHANGES.row[i]])
            values[CHANGES.row[i]] += field[i];
}

/* By row, within a range of samples. The peak is that of the selected rows at ends of intervals. */
function rangeValues(mask, curve, [first, end]) {
    const values = {};
    for (const key of MEASURE_KEYS)
        values[key] = new Float64Array(ROW_COUNT);
    for (let i = 0; i < CHANGES.row.length; i++) {
        const row = CHANGES.row[i];
        if (!mask[row] || CHANGES.sample[i] < first || CHANGES.sample[i] >= end)
            continue;
        values.bytes[row] += CHANGES.bytes[i];
        values.allocs[row] += CHANGES.allocs[i];
        values.temporary[row] += CHANGES.temporary[i];
    }
    addUpTo(values.live, CHANGES.live, end, mask);
    addUpTo(values.blocks, CHANGES.blocks, end, mask);
    let peak = first;
    for (let sample = first; sample < end; sample++)
        if (curve[sample] > curve[peak])
            peak = sample;
    addUpTo(values.peak, CHANGES.live, peak + 1, mask);
    return values;
}

/* Curves over time of the rows that are selected: by plug-in, and of them all together. */
function curvesOf(mask) {
    const curves = new Map();
    const empty = () => ({
        live: new Float64Array(SAMPLES), blocks: new Float64Array(SAMPLES),
        bytes: new Float64Array(SAMPLES), allocs: new Float64Array(SAMPLES),
    });
    const all = empty();
    for (let row = 0; row < ROW_COUNT; row++)
        if (mask[row] && !curves.has(ROWS.plugin[row]))
            curves.set(ROWS.plugin[row], empty());
    for (let i = 0; i < CHANGES.row.length; i++) {
        const row = CHANGES.row[i];
        if (!mask[row])
            continue;
        for (const curve of [curves.get(ROWS.plugin[row]), all])
            for (const key of ["live", "blocks", "bytes", "allocs"])
                curve[key][CHANGES.sample[i]] += CHANGES[key][i];
    }
    for (const curve of [...curves.values(), all])
        for (const key of ["live", "blocks"])
            for (let sample = 1; sample < SAMPLES; sample++)
                curve[key][sample] += curve[key][sample - 1];
    return { byPlugin: curves, all };
}

function select() {
    const mask = selectedRows();
    const curves = curvesOf(mask);
    const values = choice.range ? rangeValues(mask, curves.all.live, choice.range) : wholeValues();
    const totals = {};
    for (const key of MEASURE_KEYS) {
        totals[key] = 0;
        for (let row = 0; row < ROW_COUNT; row++)
            if (mask[row])
                totals[key] += values[key][row];
    }
    Object.assign(selection, { mask, values, totals, curves });
}

/* Of each node, with all below it. */
function nodeSums(measure) {
    const { parent } = DATA.nodes;
    const sums = new Float64Array(parent.length);
    const values = selection.values[measure];
    for (let row = 0; row < ROW_COUNT; row++)
        if (selection.mask[row])
            sums[ROWS.node[row]] += values[row];
    for (let node = parent.length - 1; node > 0; node--)
        sums[parent[node]] += sums[node];
    return sums;
}
