// Many small files on a network that fails now and then: each arrives, and each only once.
import { cut, cutAnswer, respond, s3Error } from "./faults.mjs";
import { objects, sha256of, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

test("1,000 files of 10 KiB with one fault in a hundred requests", { tag: "@slow" }, async ({ lab, page }) => {
  test.setTimeout(900_000);
  const before = await objects(lab);
  lab.backend.on(["POST", "/uploads"], respond({ status: 500 }), { times: Infinity, every: 100, skip: 17 });
  lab.backend.on(["POST", /\/complete$/], cutAnswer(), { times: Infinity, every: 100, skip: 53 });
  const kinds = [s3Error(500, "InternalError", "Sorry."), cut({ after: 4000 }), cutAnswer(), s3Error(503, "SlowDown", "Slow down.")];
  let turn = 0;
  const faults = lab.store.on("PUT", (exchange) => kinds[turn++ % kinds.length](exchange), { times: Infinity, every: 100, skip: 31 });
  const widget = await lab.open(page);
  const text = (index) => `file ${index} `.padEnd(10_240, `${index},`);
  await widget.host.evaluate((host) => {
    const text = (index) => `file ${index} `.padEnd(10_240, `${index},`);
    host.add(Array.from({ length: 1000 }, (_, index) => new File([text(index)], `file ${index}.txt`, { type: "text/plain" })));
  });
  await widget.all(1000, { timeout: 800_000 });
  expect(faults.hits).toBeGreaterThanOrEqual(10);
  expect(await widget.events("error")).toEqual([]);
  expect(await widget.events("complete")).toEqual([{ succeeded: 1000, failed: 0 }]);
  const arrived = await widget.events("success");
  expect(new Set(arrived.map((file) => file.result.key)).size).toBe(1000);
  for (const file of arrived) {
    const index = Number(file.name.match(/\d+/)[0]);
    expect(await stored(lab, file.result.key), file.name).toBe(sha256of(text(index)));
  }
  expect((await objects(lab)).length - before.length).toBe(1000);
});
