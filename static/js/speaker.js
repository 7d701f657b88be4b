// Sentences for scripts stand in the page, where they are translated: data-say-lost="… {left} of {all} …".

import { fill, gettext } from "./words.js";

const rules = new Intl.PluralRules(document.documentElement.lang || "en");

// `say("lost", {left: 3, all: 7})`. With a `count` among the values, data-say-…-one is taken where the language wants it.
export function speaker(element) {
  return (name, values = {}) => {
    const key = `say${name[0].toUpperCase()}${name.slice(1)}`;
    const one = values.count !== undefined && rules.select(values.count) === "one" ? element.dataset[`${key}One`] : undefined;
    return fill(one ?? element.dataset[key] ?? "", values);
  };
}

const NUMBERS = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 1 });

export const number = (value) => NUMBERS.format(value);

export function size(bytes) {
  if (bytes < 1e6) return fill(gettext("{n} kB"), { n: number(Math.ceil(bytes / 1e3)) });
  return bytes < 1e9
    ? fill(gettext("{n} MB"), { n: number(bytes / 1e6) })
    : fill(gettext("{n} GB"), { n: number(bytes / 1e9) });
}
