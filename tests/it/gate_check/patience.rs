//! What is there and does not answer costs one timeout, however much there would be to ask.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use it::Installation;
use stack::database::Grants;
use tokio::net::TcpListener;

use super::{check_as, contract, said};

#[tokio::test]
async fn a_postgrest_that_hangs_is_asked_once() {
    let installation = Installation::migrated(Grants::Today).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let accepting = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(silent.accept().await.unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
    });

    let report =
        check_as(&installation, "postgres", &["--probe", "--url", &url, "--apikey", "x", "--token", "x"]).await;

    accepting.abort();
    assert!(contract().rpcs.len() > 2, "there is more than one to ask");
    assert_eq!((said(&report), report.unseen.len(), report.exit_code()), (vec![], 1, 2), "{report:#?}");
    assert!(report.unseen[0].place.ends_with("through PostgREST, and the RPCs after it"), "{:?}", report.unseen);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
