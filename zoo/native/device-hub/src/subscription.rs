use crate::device::Device;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// What a device wants to hear of, and whom to tell.
pub struct Subscription {
    pattern: String,
    replay: Vec<u8>,
    told: AtomicU64,
    device: Arc<Device>,
}

impl Subscription {
    pub fn new(device: Arc<Device>, pattern: String, replay: usize) -> Subscription {
        Subscription { pattern, replay: vec![0; replay], told: AtomicU64::new(0), device }
    }

    pub fn matches(&self, topic: &str) -> bool {
        topic.starts_with(&self.pattern)
    }

    pub fn notify(&self, message: &str) -> usize {
        self.device.deliver(message);
        self.told.fetch_add(1, Ordering::Relaxed);
        self.replay.len()
    }
}
