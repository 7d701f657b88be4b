// Fills in the chosen network's preset, and offers only what fits: networks of the kind, models of the network.

const presets = JSON.parse(document.getElementById("training-presets").textContent);
const about = document.getElementById("id_architecture_helptext");
const fields = document.getElementById("training-form").elements;
const kind = fields.namedItem("kind");
const architecture = fields.namedItem("architecture");
const init = fields.namedItem("init");
const recipe = fields.namedItem("recipe");
const filled = ["epochs", "batch_size"].map((name) => fields.namedItem(name));
const [networks, models, recipes] = [architecture, init, recipe].map((select) => [...select.options]);

function offer(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options);
  if (options.some((option) => option.value === chosen)) select.value = chosen;
  else select.selectedIndex = 0;
}

// What a person typed stays; what came from the preset before goes with it.
function fill() {
  const network = presets[architecture.value];
  const preset = network.recipes[recipe.value] ?? network;
  for (const field of filled) {
    if (field.value === "" || field.value === field.dataset.preset) field.value = preset[field.name];
    field.dataset.preset = String(preset[field.name]);
  }
  about.textContent = network.about;
}

function chooseNetwork() {
  offer(
    recipe,
    recipes.filter((option) => option.value === "" || option.value in presets[architecture.value].recipes),
  );
  fill();
  const fits = (option) => option.value === "" || option.textContent.endsWith(`(${architecture.value})`);
  offer(init, models.filter(fits));
}

function chooseKind() {
  offer(
    architecture,
    networks.filter((option) => presets[option.value].kind === kind.value),
  );
  chooseNetwork();
}

kind.addEventListener("change", chooseKind);
architecture.addEventListener("change", chooseNetwork);
recipe.addEventListener("change", fill);
chooseKind();
