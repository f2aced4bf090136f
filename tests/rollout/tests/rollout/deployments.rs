//! What the stack does when it is deployed to.

use std::fs;

use reqwest::{Client, StatusCode};
use stack::database::Migrations;

use crate::site::Site;

async fn deploy(site: &Site, folder: &str, origin: Option<&str>) -> (StatusCode, String) {
    let mut request = Client::new()
        .post(format!("{}/_stack/deploy", site.stack.origin()))
        .form(&[("folder", folder), ("region", "new")]);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_deployed_as_a_whole_or_not_at_all_and_never_by_a_page() {
    let site = Site::new(Migrations::First(0), &[("region", "old")]).await;
    let region = async || {
        let url = format!("{}/functions/v1/messages-list", site.stack.origin());
        Client::new().get(url).send().await.unwrap().headers()["x-region"].to_str().unwrap().to_owned()
    };
    let checkout = site.folder.path().to_str().unwrap().to_owned();

    let page = deploy(&site, &checkout, Some("https://evil.example")).await;
    let nowhere = deploy(&site, "/nowhere", None).await;
    site.edit("spin.toml", |text| text.replace("component/messages_send.wasm", "component/gone.wasm"));
    let half = deploy(&site, &checkout, None).await;

    assert_eq!(page.0, StatusCode::FORBIDDEN);
    assert!(nowhere.0 == StatusCode::UNPROCESSABLE_ENTITY && nowhere.1.contains("/nowhere/spin.toml"), "{nowhere:?}");
    assert!(half.0 == StatusCode::UNPROCESSABLE_ENTITY && half.1.contains("gone.wasm"), "{half:?}");
    assert_eq!(region().await, "old");

    site.edit("spin.toml", |text| text.replace("component/gone.wasm", "component/messages_send.wasm"));
    assert_eq!(deploy(&site, &checkout, None).await.0, StatusCode::OK);
    assert_eq!(region().await, "new");

    // As Spin keeps them: a file for each component, a line for each record.
    let kept = fs::read_to_string(site.path("logs/messages-list_stdout.txt")).unwrap();
    let records: Vec<serde_json::Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.iter().map(|record| &record["cloud.region"]).collect::<Vec<_>>(), ["old", "new"]);
}
