/* viewer/html/flame.js - the flame graph: who called whom, as wide as what they allocated */
/* SPDX-License-Identifier: MIT */

/*
 * A graph is a tree of functions, numbered parents first, as nodes are; `of` maps the nodes of the
 * recording to it. Downwards a function is above those that it called; upside down, below each
 * function that allocated stand those that called it.
 */
const FRAME_HEIGHT = 20;
const FRAME_LEAST = 1.5; /* pixels; what is narrower is left out */
const CHARACTER = 6.65;  /* pixels, of the frames' font */
const CALLERS_MOST = 60; /* upside down */

const flame = { graphs: {}, graph: null, focus: 0, sums: null, at: 0, laid: [], matched: null };

function newGraph() {
    return { parent: [0], key: [-1], children: null, index: new Map(), of: null };
}

function graphChild(graph, parent, key) {
    const name = parent * 4194304 + key;
    let child = graph.index.get(name);
    if (child === undefined) {
        child = graph.parent.length;
        graph.parent.push(parent);
        graph.key.push(key);
        graph.index.set(name, child);
    }
    return child;
}

function downwardGraph() {
    const keys = placeKeys("function").of;
    const { parent, place } = DATA.nodes;
    const graph = newGraph();
    graph.of = new Int32Array(parent.length);
    for (let node = 1; node < parent.length; node++)
        graph.of[node] = graphChild(graph, graph.of[parent[node]], keys[place[node]]);
    return graph;
}

function upwardGraph() {
    const keys = placeKeys("function").of;
    const { parent, place } = DATA.nodes;
    const graph = newGraph();
    graph.of = new Int32Array(parent.length);
    for (const node of new Set(ROWS.node)) {
        let at = 0;
        for (let above = node, depth = 0; above && depth < CALLERS_MOST; depth++) {
            at = graphChild(graph, at, keys[place[above]]);
            above = parent[above];
        }
        graph.of[node] = at;
    }
    return graph;
}

function graphNow() {
    const kind = choice.upsideDown ? "up" : "down";
    if (!flame.graphs[kind]) {
        const graph = choice.upsideDown ? upwardGraph() : downwardGraph();
        graph.children = graph.parent.map(() => []);
        for (let at = 1; at < graph.parent.length; at++)
            graph.children[graph.parent[at]].push(at);
        flame.graphs[kind] = graph;
    }
    return flame.graphs[kind];
}

/* Of the selected rows, by function of the graph, with all below. */
function graphSums(graph) {
    const sums = new Float64Array(graph.parent.length);
    const values = selection.values[choice.measure];
    for (let row = 0; row < ROW_COUNT; row++)
        if (selection.mask[row])
            sums[graph.of[ROWS.node[row]]] += values[row];
    for (let at = graph.parent.length - 1; at > 0; at--)
        sums[graph.parent[at]] += sums[at];
    return sums;
}

function frameName(at) {
    return at === 0 ? "all" : placeLabel(framePlace(at));
}

function framePlace(at) {
    return placeKeys("function").places[flame.graph.key[at]];
}

/* What all of it goes through says nothing: the graph begins where ways part. */
function endOfTrunk() {
    let at = 0;
    for (;;) {
        const wide = flame.graph.children[at].filter((child) => flame.sums[child] > 0);
        if (wide.length !== 1 || flame.sums[wide[0]] < flame.sums[at] ||
            !flame.graph.children[wide[0]].some((child) => flame.sums[child] > 0))
            return at;
        at = wide[0];
    }
}

function branchOf(at, least) {
    return {
        at, value: flame.sums[at],
        children: flame.graph.children[at].filter((child) => flame.sums[child] >= least)
            .sort((a, b) => flame.sums[b] - flame.sums[a] || a - b)
            .map((child) => branchOf(child, least)),
    };
}

function layOut(width) {
    const whole = flame.sums[flame.focus];
    if (!whole)
        return { frames: [], depth: 1 };
    const root = d3.hierarchy(branchOf(flame.focus, whole * FRAME_LEAST / width))
        .each((node) => { node.value = node.data.value; });
    d3.partition().size([width, (root.height + 1) * FRAME_HEIGHT]).round(false)(root);
    return { frames: root.descendants(), depth: root.height + 1 };
}

const COLORS = new Map();

/* A plug-in keeps its colour everywhere; 0 is the host. */
function ownerColor(plugin) {
    if (plugin === 0)
        return "host";
    if (!COLORS.has(plugin))
        COLORS.set(plugin, COLORS.size % 7);
    return COLORS.get(plugin);
}

const PLUGIN_BY_FILE = new Map(DATA.plugins.map((plugin) => [baseName(plugin.path), plugin.id]));

function frameClass(at) {
    if (at === 0)
        return "frame root";
    const module = placeModule(framePlace(at));
    const plugin = PLUGIN_BY_FILE.get(module);
    if (plugin !== undefined)
        return `frame owner-${ownerColor(plugin)}`;
    return module === baseName(DATA.host.exe || "") ? "frame exe" : "frame library";
}

/* Libraries have quiet colours, each its own. */
function frameHue(at) {
    if (at === 0)
        return null;
    let hash = 7;
    for (const letter of placeModule(framePlace(at)))
        hash = (hash * 31 + letter.charCodeAt(0)) % 65521;
    return 150 + hash % 130;
}

function isMatch(at) {
    return flame.matched !== null && at !== 0 &&
        (flame.matched(frameName(at)) || flame.matched(placeModule(framePlace(at))));
}

function frameClasses(at) {
    const faded = flame.matched !== null && !isMatch(at);
    return `${frameClass(at)}${isMatch(at) ? " match" : ""}${faded ? " faded" : ""}`;
}

function fittingName(name, width) {
    const room = Math.floor((width - 6) / CHARACTER);
    if (room < 2)
        return "";
    return name.length <= room ? name : `${name.slice(0, room - 1)}…`;
}

function frameText(at) {
    const value = MEASURES[choice.measure].unit(flame.sums[at]);
    return `${frameName(at)}, ${value}, ${textOfShare(flame.sums[at], flame.sums[0])}`;
}

function drawFrames(svg, width) {
    const { frames, depth } = layOut(width);
    flame.laid = frames;
    svg.attr("width", width).attr("height", depth * FRAME_HEIGHT + 2);
    const drawn = svg.selectAll("g.frame").data(frames, (node) => node.data.at);
    drawn.exit().remove();
    const added = drawn.enter().append("g").attr("role", "button").attr("tabindex", -1);
    added.append("rect").attr("height", FRAME_HEIGHT - 1).attr("rx", 2);
    added.append("text").attr("dy", 13.5);
    const all = added.merge(drawn).attr("class", (node) => frameClasses(node.data.at))
        .attr("data-at", (node) => node.data.at)
        .style("--hue", (node) => frameHue(node.data.at))
        .attr("aria-label", (node) => frameText(node.data.at))
        .attr("transform", (node) => `translate(${node.x0},${node.y0})`);
    all.select("rect").attr("width", (node) => Math.max(0.5, node.x1 - node.x0 - 1));
    all.select("text").attr("x", 4)
        .text((node) => fittingName(frameName(node.data.at), node.x1 - node.x0));
    all.on("click", (node) => zoomTo(node.data.at))
        .on("mouseenter focus", (node) => describe(node.data.at));
}

function describe(at) {
    const box = byId("flame-details");
    const place = at === 0 ? null : framePlace(at);
    const value = `${MEASURES[choice.measure].unit(flame.sums[at])} ` +
        `(${textOfShare(flame.sums[at], flame.sums[0])})`;
    const where = place === null ? "" : [placeModule(place), placeSource(place)]
        .filter(Boolean).join(" · ");
    box.replaceChildren(element("b", {}, frameName(at)), ` ${value} `,
        element("span", { class: "faint" }, where));
}

function trail() {
    const path = [];
    for (let at = flame.focus; at; at = flame.graph.parent[at])
        path.unshift(at);
    return [0, ...path];
}

/* Callers of what is shown; a long way is shortened in its middle. */
function drawTrail() {
    const path = trail();
    const shown = path.length > 5 ? [path[0], null, ...path.slice(-3)] : path;
    const parts = shown.map((at) => at === null
        ? element("span", { class: "faint" }, `… ${path.length - 4} frames …`)
        : element("button", {
            class: "crumb", type: "button", "aria-current": at === flame.focus ? "true" : null,
            onclick: () => zoomTo(at),
        }, frameName(at)));
    byId("flame-trail").replaceChildren(...parts);
}

function drawMatched() {
    const box = byId("flame-matched");
    if (flame.matched === null) {
        box.textContent = "";
        return;
    }
    const drawn = flame.laid.some((node) => isMatch(node.data.at));
    /* A match below another is in that one's sum already. */
    const inside = new Uint8Array(flame.graph.parent.length);
    let sum = 0;
    for (let at = 1; at < inside.length; at++) {
        inside[at] = inside[flame.graph.parent[at]];
        if (!inside[at] && isMatch(at)) {
            inside[at] = 1;
            sum += flame.sums[at];
        }
    }
    box.textContent = `Matched: ${MEASURES[choice.measure].unit(sum)} ` +
        `(${textOfShare(sum, flame.sums[0])})` +
        `${sum && !drawn ? ", in frames too narrow to draw here" : ""}`;
}

/* Frames in a list for the keyboard: one of them can be reached with Tab. */
function keepReachable() {
    const svg = byId("flame").querySelector("svg");
    const frames = [...svg.querySelectorAll("g.frame")];
    const kept = frames.find((frame) => Number(frame.dataset.at) === flame.at) || frames[0];
    for (const frame of frames)
        frame.setAttribute("tabindex", frame === kept ? 0 : -1);
    return kept;
}

function zoomTo(at) {
    flame.focus = at;
    flame.at = at;
    drawFlame();
    describe(at);
}

function neighbour(node, step) {
    const level = flame.laid.filter((other) => other.depth === node.depth)
        .sort((a, b) => a.x0 - b.x0);
    return level[level.indexOf(node) + step];
}

function flameKey(event) {
    const node = flame.laid.find((frame) => frame.data.at === flame.at) || flame.laid[0];
    if (!node)
        return;
    const moves = {
        ArrowUp: () => node.parent, ArrowDown: () => node.children && node.children[0],
        ArrowLeft: () => neighbour(node, -1), ArrowRight: () => neighbour(node, 1),
        Home: () => flame.laid[0],
    };
    if (event.key in moves) {
        const next = moves[event.key]();
        if (next) {
            flame.at = next.data.at;
            keepReachable().focus();
        } else if (event.key === "ArrowUp" && flame.focus !== 0) {
            zoomTo(flame.graph.parent[flame.focus]);
            keepReachable().focus();
        }
    } else if (event.key === "Enter" || event.key === " ") {
        zoomTo(node.data.at);
        keepReachable().focus();
    } else if (event.key === "Escape" && flame.focus !== 0) {
        zoomTo(0);
        keepReachable().focus();
    } else {
        return;
    }
    event.preventDefault();
}

/* A match may be further down than what is seen of the graph. */
function showMatch() {
    const box = byId("flame");
    const found = flame.laid.filter((node) => isMatch(node.data.at));
    const first = d3.min(found, (node) => node.y0);
    if (first === undefined)
        return;
    if (first < box.scrollTop || first + FRAME_HEIGHT > box.scrollTop + box.clientHeight)
        box.scrollTop = first - Math.min(3 * FRAME_HEIGHT,
            (box.clientHeight - FRAME_HEIGHT) / 2);
}

/* reset: something other than the width or the search has changed, a zoom may be of no use. */
function drawFlame(reset) {
    const graph = graphNow();
    const changed = graph !== flame.graph;
    flame.graph = graph;
    flame.sums = graphSums(graph);
    flame.matched = matcherOf(choice.search);
    if (changed || (reset && !flame.sums[flame.focus]))
        flame.focus = flame.at = endOfTrunk();
    const box = byId("flame");
    drawFrames(d3.select("#flame svg"), Math.max(240, box.clientWidth));
    drawTrail();
    drawMatched();
    keepReachable();
    byId("flame-empty").hidden = flame.laid.length !== 0;
}

function setUpFlame() {
    d3.select("#flame").append("svg").attr("role", "group").attr("aria-label", "Flame graph");
    byId("flame").addEventListener("keydown", flameKey);
    byId("flame").addEventListener("focusin", (event) => {
        const frame = event.target.closest("g.frame");
        if (frame)
            flame.at = Number(frame.dataset.at);
    });
    for (const button of document.querySelectorAll("[name=direction]"))
        button.addEventListener("change", () => {
            choice.upsideDown = button.value === "up";
            drawFlame(true);
        });
    byId("flame-reset").addEventListener("click", () => zoomTo(0));
}
