//! Devices connect to a hub, subscribe to topics, receive what is published there, and go again.
mod device;
mod firmware;
mod hub;
mod load;
mod subscription;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

const LIFETIME: Duration = Duration::from_secs(600);

fn main() {
    let catalogue = firmware::Catalogue::load(40_000);
    let hub = Arc::new(hub::Hub::new(catalogue));
    let arrivals = {
        let hub = Arc::clone(&hub);
        load::Load::new(300.0, 1, move |number, random| hub.connect(number, random))
    };
    let departures = {
        let hub = Arc::clone(&hub);
        load::Load::new(50.0, 2, move |number, _| hub.expire(number * 6))
    };
    let messages = {
        let hub = Arc::clone(&hub);
        load::Load::new(200.0, 3, move |_, random| hub.publish(random))
    };
    for load in [arrivals, departures, messages] {
        thread::spawn(move || load.run());
    }
    println!("ready");
    thread::sleep(LIFETIME);
}
