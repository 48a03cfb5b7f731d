//! The demo page of the development loop: the Leptos component itself, without the custom element.

use leptos::mount::mount_to_body;
use leptos::prelude::*;
use s3_upload::ui::S3Upload;
use s3_upload::uploader::Settings;

fn main() {
    mount_to_body(|| {
        let settings = Settings::new("/uploads");
        view! {
            <main class="page">
                <h1>"Upload files"</h1>
                <p class="lead">
                    "The Leptos component, built by Trunk. It uploads to the server behind "
                    <code>"/uploads"</code> "."
                </p>
                <S3Upload settings multiple=true />
            </main>
        }
    });
}
