// What the site adds to its theme: summaries of what was found, scrolling and menus by keyboard, names of buttons.
(() => {
  "use strict";

  // A box that scrolls can be reached by keyboard; one that does not is no stop on the way.
  const scrollable = () => {
    for (const box of document.querySelectorAll(".wide, .highlight pre")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };

  // The theme's menus are labels of hidden checkboxes, which no keyboard reaches: they become buttons.
  const menus = () => {
    const names = { __navigation: "Pages", __toc: "On this page" };
    for (const label of document.querySelectorAll("label.nav-overlay-icon, label.toc-overlay-icon")) {
      const box = document.getElementById(label.htmlFor);
      const button = document.createElement("button");
      const showState = () => button.setAttribute("aria-expanded", String(box.checked));
      button.type = "button";
      button.className = label.className;
      button.setAttribute("aria-label", names[label.htmlFor]);
      button.append(...label.childNodes);
      button.addEventListener("click", () => box.click());
      box.addEventListener("change", showState);
      showState();
      label.replaceWith(button);
    }
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      for (const name of Object.keys(names)) {
        const box = document.getElementById(name);
        if (box && box.checked) box.click();
      }
    });
    document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", names.__navigation);
    document.querySelector(".toc-drawer")?.setAttribute("aria-label", names.__toc);
  };

  // A long name breaks after a sign or before a capital, and is still copied as it is.
  const names = () => {
    for (const found of document.querySelectorAll("article h1, .sidebar-tree a.reference")) {
      const text = found.firstChild;
      if (!text || text.nodeType !== Node.TEXT_NODE || text.data.includes(" ")) continue;
      const pieces = text.data.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[./_-])(?=\w)/);
      text.replaceWith(...pieces.flatMap((piece, n) => (n ? [document.createElement("wbr"), piece] : [piece])));
    }
  };

  const copies = () => {
    for (const button of document.querySelectorAll("button.copybtn")) button.setAttribute("aria-label", "Copy");
  };

  // "/" goes to the search box.
  const shortcut = () => {
    document.addEventListener("keydown", (event) => {
      const writing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select");
      if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
      const boxes = [...document.querySelectorAll("input[type=search][name=q], input.sidebar-search")];
      const box = boxes.find((found) => found.offsetParent !== null);
      if (!box) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
  };

  // The query stays in the box, and each result shows the kind of its page.
  const results = () => {
    const list = document.getElementById("search-results");
    if (!list) return;
    const sought = new URLSearchParams(location.search).get("q") || "";
    for (const box of document.querySelectorAll("input[name=q]")) box.value = sought;
    const describe = () => {
      for (const item of list.querySelectorAll("ul.search > li:not([data-about])")) {
        const link = item.querySelector("a");
        const page = link && link.getAttribute("href").replace(/[?#].*$/, "").replace(/\.html$/, "");
        item.dataset.about = page || "";
        const words = window.PRESSO_ABOUT && window.PRESSO_ABOUT[page];
        if (!words) continue;
        const about = document.createElement("span");
        about.className = "about";
        about.textContent = words;
        item.append(about);
      }
    };
    new MutationObserver(describe).observe(list, { childList: true, subtree: true });
    describe();
  };

  // Before Sphinx marks what was sought: it cannot within pictures.
  for (const text of document.querySelectorAll(".presso-picture :is(title, desc, text)")) {
    text.classList.add("nohighlight");
  }

  document.addEventListener("DOMContentLoaded", () => {
    menus();
    names();
    copies();
    shortcut();
    results();
    scrollable();
    window.addEventListener("resize", scrollable);
    for (const tab of document.querySelectorAll(".sd-tab-set > input")) tab.addEventListener("change", scrollable);
    // The buttons come from a script that may run after this one.
    requestAnimationFrame(() => setTimeout(copies));
  });
})();
