/* viewer/html/histogram.js - how big blocks were and how long they lived */
/* SPDX-License-Identifier: MIT */

const HISTOGRAM = { height: 160, top: 10, bottom: 24, left: 16, right: 22 };
const DOMAINS = ["npn", "heap"]; /* as rows have them */
const DOMAIN_NAMES = { npn: "NPN", heap: "heap" };

/* Kinds of memory that are there and chosen: side by side, never added up. */
function chosenDomains() {
    const there = DOMAINS.filter((_, domain) => ROWS.domain.includes(domain));
    return choice.domain === "all" ? there : [choice.domain];
}

/* Class n holds numbers of n bits: 2^(n-1) up to 2^n - 1. */
function classText(unit, n) {
    return n === 0 ? `0` : unit(2 ** (n - 1));
}

function classRange(unit, n) {
    return n === 0 ? "0" : n === 1 ? "1" : `${unit(2 ** (n - 1))} up to ${unit(2 ** n)}`;
}

/* numbers: by domain and class; textOf(domain, n) says all of one bar. */
function drawHistogram(id, numbers, unit, textOf) {
    const domains = chosenDomains();
    const counts = d3.range(65).map((n) => d3.sum(domains, (domain) => numbers[domain][n]));
    const most = d3.max(domains, (domain) => d3.max(numbers[domain])) || 1;
    const textOfBar = (n) => domains.map((domain) =>
        (domains.length > 1 ? `${DOMAIN_NAMES[domain]} ` : "") + textOf(domain, n)).join("; ");
    const width = Math.max(240, byId(id).clientWidth);
    const used = counts.map((count, n) => (count ? n : -1)).filter((n) => n >= 0);
    const classes = used.length ? d3.range(used[0], used[used.length - 1] + 1) : [];
    const bottom = HISTOGRAM.height - HISTOGRAM.bottom;
    const x = d3.scaleBand().domain(classes).range([HISTOGRAM.left, width - HISTOGRAM.right])
        .paddingInner(0.15);
    const y = d3.scaleLinear().domain([0, most]).range([bottom, HISTOGRAM.top]);
    const inner = d3.scaleBand().domain(domains).range([0, x.bandwidth()]);
    const svg = d3.select(`#${id} svg`).attr("width", width).attr("height", HISTOGRAM.height);
    const readout = byId(`${id}-readout`);

    svg.selectAll("*").remove();
    svg.style("display", used.length ? null : "none");
    readout.textContent = used.length ? "\u00a0" : "Nothing to show here.";
    const bars = svg.selectAll("g.bar").data(classes).enter().append("g").attr("class", "bar")
        .attr("role", "listitem").attr("tabindex", 0)
        .attr("aria-label", (n) => `${classRange(unit, n)}: ${textOfBar(n)}`)
        .on("mouseenter focus", (n) => {
            readout.textContent = `${classRange(unit, n)}: ${textOfBar(n)}`;
        });
    bars.append("rect").attr("class", "reach").attr("x", (n) => x(n)).attr("y", 0)
        .attr("width", x.bandwidth()).attr("height", bottom);
    for (const domain of domains) {
        const height = (n) =>
            (numbers[domain][n] ? Math.max(2, bottom - y(numbers[domain][n])) : 0);
        bars.append("rect").attr("class", `fill ${domain}`).attr("x", (n) => x(n) + inner(domain))
            .attr("rx", 2).attr("width", inner.bandwidth()).attr("y", (n) => bottom - height(n))
            .attr("height", height).attr("data-value", (n) => numbers[domain][n]);
    }
    const every = Math.max(1, Math.ceil(classes.length * 54 / width));
    const axis = d3.axisBottom(x).tickValues(classes.filter((_, i) => i % every === 0))
        .tickFormat((n) => classText(unit, n)).tickSizeOuter(0);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`).call(axis);
}

function drawHistograms() {
    const byBytes = choice.measure !== "allocs" && choice.measure !== "temporary" &&
        choice.measure !== "blocks";
    drawHistogram("sizes", byBytes ? DATA.size_bytes : DATA.sizes, textOfBytes,
        (domain, n) => `${textOfPlural(DATA.sizes[domain][n], "allocation")}, ` +
            textOfBytes(DATA.size_bytes[domain][n]));
    byId("sizes-title").textContent = byBytes ? "Bytes by size of block" : "Allocations by size";
    drawHistogram("lifetimes", DATA.lifetimes, textOfTime,
        (domain, n) => `${textOfPlural(DATA.lifetimes[domain][n], "block")} freed`);
    for (const legend of document.querySelectorAll(".domain-legend"))
        legend.hidden = chosenDomains().length < 2;
}

/* A line for each kind of memory that a thread used. */
function drawThreads() {
    const chosen = chosenDomains();
    const threads = DATA.threads.tid.map((tid, i) => ({
        tid, domain: DOMAINS[DATA.threads.domain[i]], allocs: DATA.threads.allocs[i],
        bytes: DATA.threads.bytes[i], frees: DATA.threads.frees[i],
    })).filter((thread) => chosen.includes(thread.domain));
    byId("threads-memory").hidden = chosen.length < 2;
    byId("threads-body").replaceChildren(...threads.slice(0, 200).map((thread) =>
        element("tr", {}, element("td", { class: "name" }, String(thread.tid)),
            ...(chosen.length < 2 ? [] : [element("td", { class: "memory" },
                DOMAIN_NAMES[thread.domain])]),
            element("td", { class: "number" }, textOfBytes(thread.bytes)),
            element("td", { class: "number" }, textOfCount(thread.allocs)),
            element("td", { class: "number" }, textOfCount(thread.frees)))));
    byId("threads-box").hidden = threads.length === 0;
}

function setUpHistograms() {
    for (const id of ["sizes", "lifetimes"])
        d3.select(`#${id}`).append("svg").attr("role", "list");
}
