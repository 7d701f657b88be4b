// Before anything is painted: a page opened at #draw shows the pad at once, and nothing jumps when ways.js comes.

if (location.hash === "#draw") document.documentElement.dataset.first = "draw";
