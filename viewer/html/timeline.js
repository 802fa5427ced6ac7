/* viewer/html/timeline.js - memory over time, a band for each plug-in, and the choice of a range */
/* SPDX-License-Identifier: MIT */

const CURVES = {
    live: { name: "Live bytes", unit: textOfBytes },
    blocks: { name: "Live blocks", unit: textOfCount },
    bytes: { name: "Bytes allocated per second", unit: textOfBytes, rate: true },
    allocs: { name: "Allocations per second", unit: textOfCount, rate: true },
};
const BANDS_MOST = 8;
const MARGIN = { left: 8, right: 8, top: 4, bottom: 24 };

const timeline = { curve: "live", cursor: null, anchor: null, brush: null, x: null, quiet: false };

const TRACKS = new Map(DATA.tracks.map((track) => [track.plugin, track.peaks]));

/* Of everything the most within each interval is known; of a part, what was live at its end. */
function bandValues(plugin, curve) {
    if (CURVES[timeline.curve].rate)
        return curve[timeline.curve].map((value) => value / (INTERVAL_NS / 1e9));
    return knowsMost(plugin) ? TRACKS.get(plugin) : curve[timeline.curve];
}

function knowsMost(plugin) {
    return timeline.curve === "live" && isAll() && TRACKS.has(plugin);
}

function bandsOf() {
    const peak = (band) => d3.max(band.values);
    const bands = [...selection.curves.byPlugin].map(([plugin, curve]) => ({
        plugin, name: ownerName(plugin, choice.domain), values: bandValues(plugin, curve),
        exact: CURVES[timeline.curve].rate || knowsMost(plugin),
    }));
    const ofPlugins = bands.filter((band) => band.plugin !== 0);
    const ofHost = bands.filter((band) => band.plugin === 0);
    ofPlugins.sort((a, b) => peak(b) - peak(a) || a.plugin - b.plugin);
    return [...ofPlugins.slice(0, BANDS_MOST), ...ofHost];
}

function bandHeight(count) {
    return Math.max(52, Math.min(132, Math.floor(220 / Math.max(1, count))));
}

function drawBand(svg, band, index, height, width) {
    const top = MARGIN.top + index * height;
    const most = d3.max(band.values) || 1;
    const y = d3.scaleLinear().domain([0, most]).range([top + height - 6, top + 18]);
    const points = Array.from(band.values);
    points.push(points[points.length - 1] || 0);
    const area = d3.area().curve(d3.curveStepAfter)
        .x((_, i) => timeline.x(sampleTime(i))).y0(y(0)).y1(y);
    const line = d3.line().curve(d3.curveStepAfter).x((_, i) => timeline.x(sampleTime(i))).y(y);
    const group = svg.append("g").attr("class", `band owner-${ownerColor(band.plugin)}`);
    group.append("path").attr("class", "area").attr("d", area(points));
    group.append("path").attr("class", "line").attr("d", line(points));
    group.append("line").attr("class", "base").attr("x1", MARGIN.left)
        .attr("x2", width - MARGIN.right).attr("y1", y(0)).attr("y2", y(0));
    drawBandName(group, band, top, width);
}

/* A name that is too long for the window is cut: the number stays. */
function drawBandName(group, band, top, width) {
    const unit = CURVES[timeline.curve];
    const text = group.append("text").attr("class", "band-name").attr("x", MARGIN.left + 4)
        .attr("y", top + 13);
    const name = text.append("tspan").text(band.name);
    text.append("tspan").attr("class", "band-most").attr("dx", 8)
        .text(`at most ${unit.unit(d3.max(band.values) || 0)}${unit.rate ? "/s" : ""}` +
            `${band.exact ? "" : ", as sampled"}`);
    const room = width - MARGIN.left - MARGIN.right - 8;
    for (let kept = band.name.length; kept > 1 && text.node().getComputedTextLength() > room;)
        name.text(`${band.name.slice(0, --kept)}…`);
    text.append("title").text(band.name);
}

function drawPeak(svg, height) {
    if (timeline.curve !== "live" || !isAll() || DATA.peak_bytes === 0)
        return;
    const x = timeline.x(DATA.peak_ns);
    const late = x > timeline.x.range()[1] - 90;
    const group = svg.append("g").attr("class", "peak");
    group.append("line").attr("x1", x).attr("x2", x).attr("y1", MARGIN.top).attr("y2", height);
    group.append("text").attr("x", late ? x - 4 : x + 4).attr("y", height - 4)
        .attr("text-anchor", late ? "end" : "start").text(`peak ${textOfBytes(DATA.peak_bytes)}`);
}

function sampleAt(ns) {
    return Math.round((ns - DATA.first_ns) / INTERVAL_NS);
}

function clampSample(sample) {
    return Math.max(0, Math.min(SAMPLES, sample));
}

/* A brush that was moved by hand; anything narrower than an interval is a click, and ends it. */
function brushed() {
    const event = d3.event;
    if (timeline.quiet || !event.sourceEvent)
        return;
    if (!event.selection) {
        chooseRange(null);
        return;
    }
    const [from, to] = event.selection.map((x) => clampSample(sampleAt(timeline.x.invert(x))));
    chooseRange(from < to ? [from, to] : null);
}

function moveBrush(group) {
    timeline.quiet = true;
    group.call(timeline.brush.move, choice.range
        ? choice.range.map((sample) => timeline.x(sampleTime(sample))) : null);
    timeline.quiet = false;
}

function readOut(sample) {
    const readout = byId("timeline-readout");
    if (sample === null || SAMPLES === 0) {
        readout.textContent = choice.range
            ? `Selected: ${rangeText()}.`
            : "Drag over the timeline to select a time; all numbers below follow.";
        return;
    }
    const at = Math.min(sample, SAMPLES - 1);
    const unit = CURVES[timeline.curve];
    const parts = bandsOf().slice(0, 4)
        .map((band) => `${band.name} ${unit.unit(band.values[at])}${unit.rate ? "/s" : ""}`);
    readout.textContent = `${textOfTime(sampleTime(at))}: ${parts.join(" · ") || "nothing"}`;
}

function rangeText() {
    const [first, end] = choice.range;
    return `${textOfTime(sampleTime(first))} – ${textOfTime(sampleTime(end))}`;
}

function drawCursor(svg, bottom) {
    svg.selectAll(".cursor").remove();
    if (timeline.cursor === null)
        return;
    const x = timeline.x(sampleTime(timeline.cursor + 0.5));
    svg.append("line").attr("class", "cursor").attr("x1", x).attr("x2", x)
        .attr("y1", MARGIN.top).attr("y2", bottom);
}

function timelineKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10,
        Home: -SAMPLES, End: SAMPLES };
    if (event.key === "Escape" && choice.range) {
        timeline.anchor = null;
        chooseRange(null);
    } else if (event.key in steps) {
        const before = timeline.cursor === null ? 0 : timeline.cursor;
        const step = timeline.cursor === null && steps[event.key] === 1 ? 0 : steps[event.key];
        timeline.cursor = Math.max(0, Math.min(SAMPLES - 1, before + step));
        if (event.shiftKey) {
            if (timeline.anchor === null)
                timeline.anchor = before;
            chooseRange([Math.min(timeline.anchor, timeline.cursor),
                Math.max(timeline.anchor, timeline.cursor) + 1]);
        } else {
            timeline.anchor = null;
            drawTimeline();
        }
        readOut(timeline.cursor);
    } else {
        return;
    }
    event.preventDefault();
}

function drawTimeline() {
    const box = byId("timeline");
    const width = Math.max(240, box.clientWidth);
    const bands = bandsOf();
    const height = bandHeight(bands.length);
    const bottom = MARGIN.top + Math.max(1, bands.length) * height;
    const svg = d3.select("#timeline svg").attr("width", width)
        .attr("height", bottom + MARGIN.bottom);

    svg.selectAll("*").remove();
    timeline.x = d3.scaleLinear().domain([sampleTime(0), sampleTime(SAMPLES)])
        .range([MARGIN.left, width - MARGIN.right]);
    bands.forEach((band, index) => drawBand(svg, band, index, height, width));
    const ticks = d3.axisBottom(timeline.x).ticks(Math.max(2, Math.floor(width / 110)))
        .tickFormat(textOfTime).tickSizeOuter(0);
    const axis = svg.append("g").attr("class", "axis")
        .attr("transform", `translate(0,${bottom})`).call(ticks);
    axis.select(".tick text").attr("text-anchor", "start");
    drawPeak(svg, bottom);
    timeline.brush = d3.brushX()
        .extent([[MARGIN.left, MARGIN.top], [width - MARGIN.right, bottom]])
        .on("end", brushed);
    const brushGroup = svg.append("g").attr("class", "brush").call(timeline.brush);
    moveBrush(brushGroup);
    brushGroup.on("mousemove.readout", () => {
        const ns = timeline.x.invert(d3.mouse(svg.node())[0]);
        readOut(Math.max(0, Math.min(SAMPLES - 1, Math.floor((ns - DATA.first_ns) / INTERVAL_NS))));
    }).on("mouseleave.readout", () => readOut(null));
    drawCursor(svg, bottom);
    readOut(timeline.cursor);
}

/* The two fields say the range in seconds. */
function showRangeFields() {
    const range = choice.range || [0, SAMPLES];
    const fields = [byId("range-from"), byId("range-to")];
    const digits = INTERVAL_NS < 1e6 ? 6 : 3;
    fields.forEach((field, i) => {
        field.value = (sampleTime(range[i]) / 1e9).toFixed(digits);
        field.min = (sampleTime(0) / 1e9).toFixed(digits);
        field.max = (sampleTime(SAMPLES) / 1e9).toFixed(digits);
        field.step = "any";
    });
    byId("range-all").disabled = !choice.range;
}

function rangeFromFields() {
    const [from, to] = ["range-from", "range-to"].map((id, i) => byId(id).value === ""
        ? i * SAMPLES : clampSample(sampleAt(Number(byId(id).value) * 1e9)));
    const whole = from === 0 && to === SAMPLES;
    chooseRange(from < to && !whole ? [from, to] : null);
}

function setUpTimeline() {
    const select = byId("curve");
    for (const [key, curve] of Object.entries(CURVES))
        select.append(element("option", { value: key }, curve.name));
    select.addEventListener("change", () => {
        timeline.curve = select.value;
        drawTimeline();
    });
    d3.select("#timeline").append("svg").attr("role", "img").attr("aria-label",
        "Memory over time, one band for each plug-in");
    const box = byId("timeline");
    box.addEventListener("keydown", timelineKey);
    box.addEventListener("blur", () => {
        timeline.cursor = timeline.anchor = null;
        drawTimeline();
    });
    byId("range-from").addEventListener("change", rangeFromFields);
    byId("range-to").addEventListener("change", rangeFromFields);
    byId("range-all").addEventListener("click", () => chooseRange(null));
}
