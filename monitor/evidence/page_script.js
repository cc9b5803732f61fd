// Runs in an isolated world of the page: it reads and scrolls, and never changes the document. Further scripts
// (banner_script.js) get what it returns and add to it.
// The page's own scripts can neither see these functions nor replace the built-ins they use.
(() => {
  "use strict";
  const IGNORED = /[\s\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/u;
  const SKIPPED = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD", "TITLE", "OPTION", "TEXTAREA"]);
  const MAX_CHARS = 4_000_000;
  const MAX_NODES = 400_000;
  const MAX_MATCHES = 60;
  let found = [];
  let place = null; // where the post was found, with or without a match in it

  // A form's fields hide its properties of the same name (<input name=lastChild>): what is read of an element that
  // may be a form, or may hold a page's whole content, is read past them.
  const past = (type, ...names) =>
    names.map((name) => {
      const { get, value } = Object.getOwnPropertyDescriptor(type.prototype, name);
      return [name, get ? (node) => get.call(node) : (node, ...given) => value.apply(node, given)];
    });
  const dom = Object.fromEntries([
    ...past(Node, "nodeType", "nodeName", "parentElement", "lastChild", "previousSibling", "getRootNode", "contains", "textContent"),
    ...past(Element, "shadowRoot", "closest", "children", "localName", "className", "checkVisibility", "matches", "querySelector"),
    ...past(Element, "getAttribute", "hasAttribute", "getBoundingClientRect", "getClientRects", "scrollIntoView"),
  ]);
  const readInnerText = Object.getOwnPropertyDescriptor(HTMLElement.prototype, "innerText").get;
  dom.innerText = (element) => ("innerText" in Object.getPrototypeOf(element) ? (readInnerText.call(element) ?? "") : "");
  dom.parent = (node) => dom.parentElement(node) ?? dom.getRootNode(node).host ?? null;

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const painted = () => Promise.race([new Promise((done) => requestAnimationFrame(() => done())), sleep(100)]);

  // One code point as it is compared: compatibility forms and case folded, spaces and invisible ones gone.
  const folded = (char) => {
    if (char.length === 1 && char.charCodeAt(0) < 128) return char > " " && char !== "\x7f" ? char.toLowerCase() : "";
    return IGNORED.test(char) ? "" : char.normalize("NFKC").toLowerCase().replace(/\s/gu, "");
  };
  const fold = (text) => {
    let out = "";
    for (const char of text) out += folded(char);
    return out;
  };
  // Where each folded code unit of a text node comes from.
  const offsets = (text) => {
    const map = [];
    let at = 0;
    for (const char of text) {
      for (let unit = folded(char).length; unit > 0; unit--) map.push([at, at + char.length]);
      at += char.length;
    }
    return map;
  };

  const isShown = (element, cache) => {
    let shown = cache.get(element);
    if (shown === undefined) {
      shown = dom.checkVisibility(element, { opacityProperty: true, visibilityProperty: true });
      cache.set(element, shown);
    }
    return shown;
  };

  // The content of a closed <details> has boxes but is not shown.
  const isFoldedAway = (element) => {
    for (let at = element; at; at = dom.parentElement(at)) {
      const closed = dom.closest(at, "details:not([open])");
      if (!closed) return false;
      if (!closed.querySelector(":scope > summary")?.contains(at)) return true;
      at = closed;
    }
    return false;
  };

  // All text in document order, through open shadow roots and same-origin frames.
  const collect = () => {
    const segments = [];
    const cache = new WeakMap();
    const parts = [];
    let length = 0;
    let visibleChars = 0;
    let nodes = 0;
    let foreignFrames = 0;
    const root = document.documentElement; // none where a script has just emptied the document
    const stack = root ? [{ node: root, frames: [], shown: true }] : [];
    while (stack.length && length < MAX_CHARS && nodes++ < MAX_NODES) {
      const { node, frames, shown } = stack.pop();
      const type = dom.nodeType(node);
      if (type === Node.TEXT_NODE) {
        const text = fold(node.data);
        if (!text) continue;
        const owner = dom.parent(node);
        const visible = shown && !!owner && isShown(owner, cache);
        segments.push({ node, frames, visible, start: length, end: length + text.length });
        parts.push(text);
        length += text.length;
        if (visible) visibleChars += text.length;
        continue;
      }
      if (type !== Node.ELEMENT_NODE && type !== Node.DOCUMENT_FRAGMENT_NODE) continue;
      const name = dom.nodeName(node);
      if (SKIPPED.has(name)) continue;
      for (let child = dom.lastChild(node); child; child = dom.previousSibling(child)) stack.push({ node: child, frames, shown });
      const root = type === Node.ELEMENT_NODE ? dom.shadowRoot(node) : null;
      if (root) stack.push({ node: root, frames, shown });
      if (name === "IFRAME" || name === "FRAME") {
        let inner = null;
        try {
          inner = node.contentDocument?.documentElement;
        } catch {
          inner = null;
        }
        if (inner) stack.push({ node: inner, frames: [...frames, node], shown: shown && isShown(node, cache) });
        else foreignFrames++;
      }
    }
    return { segments, text: parts.join(""), visibleChars, foreignFrames };
  };

  const segmentAt = (segments, at) => {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle].start <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const shifted = (rect, frames) => {
    let { x, y } = rect;
    for (const frame of frames) {
      const outer = frame.getBoundingClientRect();
      x += outer.x + frame.clientLeft;
      y += outer.y + frame.clientTop;
    }
    return { x, y, width: rect.width, height: rect.height };
  };

  // Rectangles in the viewport of the whole page's window, one for each line box.
  const rectangles = (match) => {
    const boxes = [];
    for (const { node, frames, from, to } of match.pieces) {
      if (!node.isConnected) continue;
      const range = node.ownerDocument.createRange();
      range.setStart(node, Math.min(from, node.length));
      range.setEnd(node, Math.min(to, node.length));
      for (const rect of range.getClientRects())
        if (rect.width > 0 && rect.height > 0) boxes.push(shifted(rect, frames));
    }
    return boxes;
  };
  const isOnPage = (box) => box.x + box.width + scrollX > 0 && box.y + box.height + scrollY > 0;

  const pathOf = (node) => {
    const steps = [];
    let element = dom.nodeType(node) === Node.ELEMENT_NODE ? node : dom.parent(node);
    while (element && steps.length < 40) {
      let step = dom.localName(element);
      const parent = dom.parentElement(element);
      if (parent) {
        const twins = Array.from(dom.children(parent)).filter((child) => dom.localName(child) === dom.localName(element));
        if (twins.length > 1) step += `:nth-of-type(${twins.indexOf(element) + 1})`;
      }
      steps.unshift(step);
      element = dom.parent(element);
    }
    return steps.join(" > ");
  };

  // Where the post lies in the folded text: by its own words first, by an anchor else. Words that stand
  // there more than once (a quote of the post, above it) are taken where the anchor is.
  const regionByText = (text, context, anchored) => {
    const wanted = fold(context);
    if (!wanted) return null;
    const first = text.indexOf(wanted);
    const isTwice = first >= 0 && text.indexOf(wanted, first + 1) >= 0;
    for (const [from, to] of isTwice ? anchored() : []) {
      const at = text.indexOf(wanted, from);
      if (at >= 0 && at + wanted.length <= to) return [at, at + wanted.length];
    }
    if (first >= 0) return [first, first + wanted.length];
    const size = Math.min(40, wanted.length);
    for (let probe = 0; probe < 12; probe++) {
      const from = Math.floor(((wanted.length - size) * probe) / 11);
      const at = text.indexOf(wanted.slice(from, from + size));
      if (at >= 0) return [Math.max(0, at - from - 20), at - from + wanted.length + 20];
    }
    return null;
  };
  // The anchored element and what surrounds it, innermost first: an empty <a name> stands before its post.
  const regionsByAnchor = (segments, anchors) => {
    const regions = [];
    for (const name of anchors) {
      const quoted = CSS.escape(name);
      let element =
        document.getElementById(name) ??
        document.querySelector(`[name="${quoted}"], [data-post-id="${quoted}"], [data-id="${quoted}"], [data-pk="${quoted}"]`);
      for (let climb = 0; element && element !== document.body && climb < 5; climb++, element = dom.parentElement(element)) {
        const inside = segments.filter((segment) => dom.contains(element, segment.node));
        if (inside.length) regions.push([inside[0].start, inside[inside.length - 1].end]);
      }
    }
    return regions;
  };

  const matchAt = (segments, at, end) => {
    const pieces = [];
    let visible = true;
    for (let index = segmentAt(segments, at); index < segments.length && segments[index].start < end; index++) {
      const segment = segments[index];
      const map = offsets(segment.node.data);
      const first = map[Math.max(0, at - segment.start)];
      const last = map[Math.min(segment.end, end) - segment.start - 1];
      pieces.push({ node: segment.node, frames: segment.frames, from: first[0], to: last[1] });
      visible &&= segment.visible && !isFoldedAway(segment.node.parentElement);
    }
    return { pieces, visible };
  };

  // Between which text nodes the post stands. Whole: its first and its last words are there, whatever is between.
  const placeOfPost = (segments, text, wanted, region) => {
    const at = (offset) => segments[segmentAt(segments, offset)].node;
    if (!region) return null;
    const size = Math.min(30, wanted.length);
    const first = size ? text.indexOf(wanted.slice(0, size), Math.max(0, region[0] - 40)) : -1;
    const last = first >= 0 ? text.indexOf(wanted.slice(-size), first) + size : -1;
    const isWhole = first >= 0 && last > first && last - first <= wanted.length * 1.5 + 80;
    const ends = isWhole ? [first, last - 1] : [(region[0] + region[1]) >> 1];
    return { nodes: ends.map(at), chars: isWhole ? wanted.length : 0 };
  };

  const search = (expected, context, anchors) => {
    const { segments, text, visibleChars, foreignFrames } = collect();
    const strings = expected.map((string) => [string, fold(string)]).filter(([, string]) => string);
    const anchored = () => regionsByAnchor(segments, anchors);
    const region =
      regionByText(text, context, anchored) ??
      anchored().find((range) => strings.some(([, string]) => text.slice(...range).includes(string))) ??
      null;
    place = placeOfPost(segments, text, fold(context), region ?? anchored()[0]);
    const matches = [];
    const missing = [];
    const hidden = [];
    for (const [original, string] of strings) {
      const own = [];
      let isHidden = false;
      // The post itself first: a long thread may hold more matches than are kept.
      const starts = region ? [Math.max(0, region[0] - string.length), 0] : [0];
      const seen = new Set();
      for (const from of starts) {
        for (let at = text.indexOf(string, from); at >= 0; at = text.indexOf(string, at + string.length)) {
          if (seen.has(at)) continue;
          if (own.length >= MAX_MATCHES) break;
          seen.add(at);
          const match = matchAt(segments, at, at + string.length);
          const boxes = match.visible ? rectangles(match) : [];
          if (!boxes.some(isOnPage)) {
            isHidden = true;
            continue;
          }
          match.expected = original;
          match.inPost = !!region && at >= region[0] && at + string.length <= region[1];
          match.distance = !region || match.inPost ? 0 : at < region[0] ? region[0] - at : at + string.length - region[1];
          own.push(match);
        }
      }
      if (!own.length) (isHidden ? hidden : missing).push(original);
      matches.push(...own);
    }
    // What stands in the post, then what is nearest to it: the words that it quotes stand just above it.
    matches.sort((one, other) => one.distance - other.distance);
    found = matches;
    return {
      visibleChars,
      foreignFrames,
      isPostFound: !!region,
      missing,
      hidden,
      title: document.title.slice(0, 500),
      matches: matches.map((match) => ({
        expected: match.expected,
        text: match.pieces.map(({ node, from, to }) => node.data.slice(from, to)).join("").slice(0, 500),
        path: pathOf(match.pieces[0].node),
        inPost: match.inPost,
        boxes: rectangles(match).map((box) => ({ ...box, x: box.x + scrollX, y: box.y + scrollY })),
      })),
    };
  };

  // The text of the post, as a reader sees it, also where the mention is gone from it. Where its first and
  // its last words stand on the page: the smallest element around them. Else the smallest around the match, or around what is left
  // of the post, that has as many characters as the post had; never its neighbours, who come and go.
  const textChars = (element) => fold(dom.innerText(element).slice(0, 60_000)).length;
  const isOneOfMany = (element) =>
    !!dom.className(element) &&
    Array.from((dom.parentElement(element) && dom.children(dom.parentElement(element))) ?? []).some(
      (other) => other !== element && dom.localName(other) === dom.localName(element) && dom.className(other) === dom.className(element)
    );
  const postText = (postChars) => {
    const node = place?.chars ? place.nodes[0] : (found[0]?.pieces[0].node ?? place?.nodes[0]);
    if (!node?.isConnected) return "";
    let element = dom.parent(node);
    if (place?.chars)
      while (element && !place.nodes.every((one) => dom.contains(element, one))) element = dom.parentElement(element);
    if (!element) return "";
    const top = node.ownerDocument.body;
    while (dom.parentElement(element) && element !== top && getComputedStyle(element).display.startsWith("inline"))
      element = dom.parentElement(element);
    const isHeld = () => place?.chars >= postChars * 0.95 || textChars(element) >= postChars * 0.95;
    const limit = postChars ? postChars * 1.5 + 80 : 20_000;
    while (dom.parentElement(element) && dom.parentElement(element) !== top && element !== top) {
      if (postChars ? isHeld() : isOneOfMany(element) || dom.localName(element) === "article") break;
      if (textChars(dom.parentElement(element)) > limit) break;
      element = dom.parentElement(element);
    }
    return dom.innerText(element).slice(0, 20_000);
  };

  // Scroll to the first match. Answers with every match that is in view, in viewport pixels.
  const show = async () => {
    if (!found.length) return null;
    const first = found[0].pieces[0];
    for (const frame of first.frames) frame.scrollIntoView({ block: "center", behavior: "instant" });
    const owner = first.node.parentElement;
    if (owner) dom.scrollIntoView(owner, { block: "center", inline: "nearest", behavior: "instant" });
    const box = rectangles(found[0])[0];
    if (box && (box.y < 60 || box.y + box.height > innerHeight - 60)) {
      scrollBy({ top: box.y - innerHeight / 2, behavior: "instant" });
    }
    await painted();
    await painted();
    return view();
  };
  const view = () => {
    const inView = (box) => box.y + box.height > 0 && box.y < innerHeight && box.x + box.width > 0 && box.x < innerWidth;
    const primary = found.length ? rectangles(found[0]) : [];
    const centre = primary[0] && [primary[0].x + primary[0].width / 2, primary[0].y + primary[0].height / 2];
    const owner = found[0]?.pieces[0].frames[0] ?? found[0]?.pieces[0].node.parentElement;
    const top = centre && document.elementFromPoint(...centre);
    const covered = !!top && !!owner && !dom.contains(top, owner) && !dom.contains(owner, top) && !dom.shadowRoot(top)?.contains(owner);
    return {
      covered,
      scroll: { x: scrollX, y: scrollY },
      boxes: found.flatMap((match) => rectangles(match)).filter(inView),
    };
  };

  // A frame's element, from without: its document is another origin's.
  const placeOfFrame = async (frame, isScrolledTo) => {
    if (isScrolledTo) {
      frame.scrollIntoView({ block: "center", behavior: "instant" });
      await painted();
    }
    const box = frame.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
      shown: isShown(frame, new WeakMap()) && box.width > 1 && box.height > 1 && isOnPage(box) && !isFoldedAway(frame),
      covered: !!top && top !== frame && !top.contains(frame) && !top.shadowRoot?.contains(frame),
      x: box.x + frame.clientLeft,
      y: box.y + frame.clientTop,
      scroll: { x: scrollX, y: scrollY },
      path: pathOf(frame),
    };
  };

  const height = () => Math.max(document.documentElement?.scrollHeight ?? 0, document.body?.scrollHeight ?? 0, innerHeight);
  const width = () => Math.max(document.documentElement?.scrollWidth ?? 0, innerWidth);
  const loading = () => Array.from(document.images).filter((image) => !image.complete && image.loading !== "lazy");

  const isForeignInView = (frame) => {
    const box = frame.getBoundingClientRect();
    return !frame.contentDocument && box.width > 1 && box.y < innerHeight && box.y + box.height > 0;
  };

  // Down to the end and back, so that lazy pictures load. Begins at a height; ends by height and time.
  const scrollThrough = async (maxHeight, budgetMs, since) => {
    const until = performance.now() + budgetMs;
    for (let top = Math.max(innerHeight, since - innerHeight); top < Math.min(height(), maxHeight) && performance.now() < until; top += innerHeight) {
      scrollTo({ top, behavior: "instant" });
      await painted();
      // A frame in another process draws only once it is in view, and takes its time.
      if (Array.from(document.querySelectorAll("iframe")).some(isForeignInView)) await sleep(150);
    }
    const seen = height();
    scrollTo({ top: 0, behavior: "instant" });
    await painted();
    while (performance.now() < until && Array.from(document.images).some((image) => !image.complete && image.loading === "eager"))
      await sleep(25);
    return { height: seen, pending: loading().length };
  };

  const size = () => ({ width: width(), height: height(), viewWidth: innerWidth, viewHeight: innerHeight });

  const openRoots = () => {
    const roots = [];
    const visit = (root) => {
      for (const element of root.querySelectorAll("*"))
        if (dom.shadowRoot(element)) {
          roots.push(dom.shadowRoot(element));
          visit(dom.shadowRoot(element));
        }
    };
    visit(document);
    return roots;
  };
  const serialise = () => {
    const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + "\n" : "";
    const root = document.documentElement;
    if (!root) return type;
    const roots = openRoots();
    const inner = roots.length && root.getHTML ? root.getHTML({ shadowRoots: roots }) : null;
    const outer = root.outerHTML;
    if (inner === null) return type + outer;
    const shell = root.cloneNode(false).outerHTML;
    const end = shell.lastIndexOf("</");
    return type + shell.slice(0, end) + inner + shell.slice(end);
  };

  // Visible text as a reader sees it, one line a block.
  const visibleText = () => (document.body?.innerText ?? "").slice(0, 50_000);

  const missingPictures = () =>
    Array.from(document.images)
      .filter((image) => (image.currentSrc || image.src) && (!image.complete || image.naturalWidth === 0))
      .slice(0, 100)
      .map((image) => (image.currentSrc || image.src).slice(0, 500));

  // Whether a match stands in this element: what shows the mention is not to be pressed away.
  const holdsMention = (element) => found.some((match) => match.pieces.some(({ node }) => dom.contains(element, node)));

  const asked = { search, postText, placeOfFrame, show, view, scrollThrough, size, serialise, visibleText, missingPictures };
  return { ...asked, dom, sleep, isShown, pathOf, openRoots, holdsMention };
})();
