// The page of a single flame graph.

import "./base.css";
import "./flame.css";
import { addressState, setUpAddress } from "./address";
import { pageData } from "./dom";
import type { FlameData } from "./flame/data";
import { flame } from "./flame/panel";
import { setUpSql } from "./sql";
import { setUpPrint, setUpTheme } from "./theme";

const themes = document.getElementById("theme");
if (themes) setUpTheme(themes);
setUpSql();
setUpAddress();
setUpPrint(() => undefined);
const data = pageData<FlameData>("flame-data");
const place = document.getElementById("flame");
if (data && place) {
  // What is there already is painted first; a large graph takes its time.
  requestAnimationFrame(() =>
    setTimeout(() => place.replaceChildren(flame(data, addressState("flame")))),
  );
}
