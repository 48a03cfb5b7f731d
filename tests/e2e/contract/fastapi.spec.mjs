// FastAPI with boto3: the answers of generate_presigned_post and generate_presigned_url as they are, asked for in the
// backend's own names, by POST and by GET.
import { contract, serverOf, test, threeFiles } from "./lab.mjs";

const names = 'name-field="file_name" extra-fields="bucket_name=uploads&amp;expiration=300"';
const PAGE = { name: "page.html", type: "text/html", text: "<p>" };

contract("FastAPI and boto3", serverOf("PYTHON", "fastapi_boto3.py"), (bench) => {
  for (const path of ["presign", "put"]) {
    for (const request of ["json", "query"]) {
      const tag = `endpoint="$/api/v1/files/${path}" request="${request}" ${names}`;
      test.describe(`${path}, asked by ${request}`, () => {
        threeFiles(bench, tag);

        test("a refusal: its detail", async ({ page }) => {
          await bench.refused(page, tag, PAGE, "Web pages are not taken.");
        });

        test("a question that it does not understand: what it misses", async ({ page }) => {
          const incomplete = tag.replace("bucket_name=uploads&amp;", "");
          await bench.refused(page, incomplete, { name: "a.txt", type: "text/plain", text: "x" }, /Field required/);
        });
      });
    }
  }
});
