// Files out of what was dropped or chosen: whole folders are walked through, and what systems leave in them is not ours.

const LEFT_BY_SYSTEMS = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i;
const byName = new Intl.Collator(undefined, { numeric: true });

const named = (file, path) => ({ file, path: path || file.webkitRelativePath || file.name });

// In the order in which a person would count them: page-2 before page-10.
export function inOrder(found) {
  return found
    .filter(({ file, path }) => !(LEFT_BY_SYSTEMS.test(path) && path.includes("/")) && file.name !== ".DS_Store")
    .sort((one, other) => byName.compare(one.path, other.path));
}

export const plain = (files) => inOrder([...files].map((file) => named(file)));

// Of a drop: call it within the event, for the browser forgets what was dropped right after.
export function dropped(transfer, most) {
  const entries = [...(transfer.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return Promise.resolve(plain(transfer.files));
  return walk(entries, most).then(inOrder);
}

async function walk(entries, most) {
  const found = [];
  const ahead = [...entries];
  while (ahead.length && found.length <= most) {
    const entry = ahead.shift();
    if (entry.isDirectory) ahead.push(...(await inside(entry.createReader())));
    else found.push(named(await fileOf(entry), entry.fullPath.replace(/^\//, "")));
  }
  return found;
}

const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

// A browser gives a folder's entries a hundred at a time, and none at its end.
async function inside(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}
