use crate::subscription::Subscription;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const QUEUED: usize = 8;

/// A device that is connected, with the messages that it has not fetched yet.
pub struct Device {
    pub id: u64,
    pub serial: String,
    capabilities: Vec<String>,
    inbox: Mutex<VecDeque<String>>,
    subscriptions: Mutex<Vec<Arc<Subscription>>>,
}

impl Device {
    pub fn new(id: u64, serial: String, capabilities: Vec<String>) -> Device {
        Device {
            id,
            serial,
            capabilities,
            inbox: Mutex::new(VecDeque::with_capacity(QUEUED)),
            subscriptions: Mutex::new(Vec::new()),
        }
    }

    pub fn subscribe(&self, subscription: Arc<Subscription>) {
        self.subscriptions.lock().unwrap().push(subscription);
    }

    pub fn is_subscribed(&self, topic: &str) -> bool {
        self.subscriptions.lock().unwrap().iter().any(|s| s.matches(topic))
    }

    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c == capability)
    }

    pub fn deliver(&self, message: &str) {
        let mut inbox = self.inbox.lock().unwrap();
        if inbox.len() == QUEUED {
            inbox.pop_front();
        }
        inbox.push_back(message.to_owned());
    }
}
