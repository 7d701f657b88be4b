// What scripts say, in the page's language. Without a catalogue (templates/base.html loads it) it is English.

const catalogue = window.django ?? {};

export const gettext = (text) => catalogue.gettext?.(text) ?? text;
export const ngettext = (one, many, n) => catalogue.ngettext?.(one, many, n) ?? (n === 1 ? one : many);

// A text with `{name}` for each value.
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// A number as the language writes it.
export function figure(value, decimals = 0) {
  const shown = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(document.documentElement.lang, shown).format(value);
}

// A share as the pages say it: certainty is never claimed.
export function percent(share) {
  if (share >= 0.9995) return `>\u00a0${figure(99.9, 1)}\u00a0%`;
  return share < 0.0005 ? `<\u00a0${figure(0.1, 1)}\u00a0%` : `${figure(100 * share, 1)}\u00a0%`;
}
