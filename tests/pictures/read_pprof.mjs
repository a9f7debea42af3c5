// Reads a .pb.gz with Datadog's pprof-format and prints what it found as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";

const [modules, file] = process.argv.slice(2);
const { Profile } = createRequire(`${modules}/`)("pprof-format");
const profile = Profile.decode(gunzipSync(readFileSync(file)));
const text = (index) => profile.stringTable.strings[Number(index)];
const functions = new Map(profile.function.map((each) => [Number(each.id), each]));
const names = new Map(
  profile.location.map((each) => [
    Number(each.id),
    text(functions.get(Number(each.line[0].functionId)).name),
  ]),
);

const sums = { new: [0, 0, 0], base: [0, 0, 0] };
const labels = {};
for (const sample of profile.sample) {
  const own = sample.label.map((label) => [text(label.key), text(label.str)]);
  const side = own.some(([key]) => key === "pprof::base") ? "base" : "new";
  sample.value.forEach((value, i) => (sums[side][i] += Number(BigInt.asIntN(64, BigInt(value)))));
  for (const [key, value] of own) (labels[key] ??= new Set()).add(value);
}

console.log(
  JSON.stringify({
    types: profile.sampleType.map((each) => `${text(each.type)}/${text(each.unit)}`),
    sums,
    stacks: profile.sample.map((sample) => sample.locationId.map((id) => names.get(Number(id)))),
    labels: Object.fromEntries(Object.entries(labels).map(([key, set]) => [key, [...set]])),
  }),
);
