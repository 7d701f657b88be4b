// Sentences for scripts stand in the page, where they are translated: data-say-lost="… {left} of {all} …".

const rules = new Intl.PluralRules(document.documentElement.lang || "en");

// `say("lost", {left: 3, all: 7})`. With a `count` among the values, data-say-…-one is taken where the language wants it.
export function speaker(element) {
  return (name, values = {}) => {
    const key = `say${name[0].toUpperCase()}${name.slice(1)}`;
    const one = values.count !== undefined && rules.select(values.count) === "one" ? element.dataset[`${key}One`] : undefined;
    return (one ?? element.dataset[key] ?? "").replace(/\{(\w+)\}/g, (whole, part) => values[part] ?? whole);
  };
}

const NUMBERS = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 1 });

export const number = (value) => NUMBERS.format(value);

export function size(bytes) {
  if (bytes < 1e6) return `${number(Math.ceil(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${number(bytes / 1e6)} MB` : `${number(bytes / 1e9)} GB`;
}
