/** @jsxImportSource react */
import "s3-upload/react";

export const right = (
  <s3-upload
    endpoint="/uploads"
    multiple
    maxSize="2GB"
    outage-limit={60}
    id="a"
    ref={(element) => element?.pick()}
    onupload-success={({ detail }) => console.log(detail.result?.key)}
  />
);
// @ts-expect-error An attribute of another type.
export const wrong = <s3-upload endpoint={5} />;
// @ts-expect-error No member of the detail.
export const wrongDetail = <s3-upload onupload-success={({ detail }) => console.log(detail.nothing)} />;
