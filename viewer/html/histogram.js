/* viewer/html/histogram.js - how big blocks were and how long they lived */
/* SPDX-License-Identifier: MIT */

const HISTOGRAM = { height: 160, top: 10, bottom: 24, left: 16, right: 22 };

/* Class n holds numbers of n bits: 2^(n-1) up to 2^n - 1. */
function classText(unit, n) {
    return n === 0 ? `0` : unit(2 ** (n - 1));
}

function classRange(unit, n) {
    return n === 0 ? "0" : n === 1 ? "1" : `${unit(2 ** (n - 1))} up to ${unit(2 ** n)}`;
}

function drawHistogram(id, counts, unit, textOfBar) {
    const width = Math.max(240, byId(id).clientWidth);
    const used = counts.map((count, n) => (count ? n : -1)).filter((n) => n >= 0);
    const classes = used.length ? d3.range(used[0], used[used.length - 1] + 1) : [];
    const bottom = HISTOGRAM.height - HISTOGRAM.bottom;
    const x = d3.scaleBand().domain(classes).range([HISTOGRAM.left, width - HISTOGRAM.right])
        .paddingInner(0.15);
    const y = d3.scaleLinear().domain([0, d3.max(counts) || 1]).range([bottom, HISTOGRAM.top]);
    const svg = d3.select(`#${id} svg`).attr("width", width).attr("height", HISTOGRAM.height);
    const readout = byId(`${id}-readout`);

    svg.selectAll("*").remove();
    svg.style("display", used.length ? null : "none");
    if (!used.length)
        readout.textContent = "Nothing to show here.";
    const bars = svg.selectAll("g.bar").data(classes).enter().append("g").attr("class", "bar")
        .attr("role", "listitem").attr("tabindex", 0)
        .attr("aria-label", (n) => `${classRange(unit, n)}: ${textOfBar(n)}`)
        .on("mouseenter focus", (n) => {
            readout.textContent = `${classRange(unit, n)}: ${textOfBar(n)}`;
        });
    bars.append("rect").attr("class", "reach").attr("x", (n) => x(n)).attr("y", 0)
        .attr("width", x.bandwidth()).attr("height", bottom);
    bars.append("rect").attr("class", "fill").attr("x", (n) => x(n)).attr("rx", 2)
        .attr("width", x.bandwidth())
        .attr("y", (n) => (counts[n] ? Math.min(y(counts[n]), bottom - 2) : bottom))
        .attr("height", (n) => (counts[n] ? Math.max(2, bottom - y(counts[n])) : 0));
    const every = Math.max(1, Math.ceil(classes.length * 54 / width));
    const axis = d3.axisBottom(x).tickValues(classes.filter((_, i) => i % every === 0))
        .tickFormat((n) => classText(unit, n)).tickSizeOuter(0);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`).call(axis);
}

function drawHistograms() {
    const byBytes = choice.measure !== "allocs" && choice.measure !== "temporary" &&
        choice.measure !== "blocks";
    drawHistogram("sizes", byBytes ? DATA.size_bytes : DATA.sizes, textOfBytes,
        (n) => `${textOfCount(DATA.sizes[n])} allocations, ${textOfBytes(DATA.size_bytes[n])}`);
    byId("sizes-title").textContent = byBytes ? "Bytes by size of block" : "Allocations by size";
    drawHistogram("lifetimes", DATA.lifetimes, textOfTime,
        (n) => `${textOfCount(DATA.lifetimes[n])} blocks freed`);
}

function setUpHistograms() {
    for (const id of ["sizes", "lifetimes"])
        d3.select(`#${id}`).append("svg").attr("role", "list");
    const threads = DATA.threads.tid.map((tid, i) => ({
        tid, allocs: DATA.threads.allocs[i], bytes: DATA.threads.bytes[i],
        frees: DATA.threads.frees[i],
    }));
    byId("threads-body").replaceChildren(...threads.slice(0, 200).map((thread) =>
        element("tr", {}, element("td", { class: "name" }, String(thread.tid)),
            element("td", { class: "number" }, textOfBytes(thread.bytes)),
            element("td", { class: "number" }, textOfCount(thread.allocs)),
            element("td", { class: "number" }, textOfCount(thread.frees)))));
    byId("threads-box").hidden = threads.length === 0;
}
