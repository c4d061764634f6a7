use crate::device::Device;
use crate::firmware::Catalogue;
use crate::load::Random;
use crate::subscription::Subscription;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// Devices leave again so many arrivals later.
const STAY: u64 = 1500;

const RECENT: usize = 500;

pub struct Hub {
    catalogue: Catalogue,
    devices: Mutex<HashMap<u64, Arc<Device>>>,
    listeners: Mutex<VecDeque<(u64, Arc<Subscription>)>>,
    recent: Mutex<VecDeque<String>>,
}

impl Hub {
    pub fn new(catalogue: Catalogue) -> Hub {
        Hub {
            catalogue,
            devices: Mutex::new(HashMap::new()),
            listeners: Mutex::new(VecDeque::new()),
            recent: Mutex::new(VecDeque::new()),
        }
    }

    /// A device arrives and subscribes to what its firmware can do.
    pub fn connect(&self, number: u64, random: &mut Random) {
        let firmware = self.catalogue.of(random.below(self.catalogue.len()));
        let capabilities = firmware.map(|f| f.capabilities.clone()).unwrap_or_default();
        let device = Arc::new(Device::new(number, random.text(24), capabilities));
        for topic in 0..2 + random.below(3) {
            let pattern = format!("site/{}/sensor/{}", random.below(40), topic);
            let subscription = Arc::new(Subscription::new(Arc::clone(&device), pattern, 900));
            device.subscribe(Arc::clone(&subscription));
            self.listeners.lock().unwrap().push_back((number, subscription));
        }
        self.devices.lock().unwrap().insert(number, device);
    }

    /// Devices that came before a moment have gone: neither they nor their subscriptions are known here any longer.
    pub fn expire(&self, now: u64) {
        let before = now.saturating_sub(STAY);
        let mut listeners = self.listeners.lock().unwrap();
        while listeners.front().map_or(false, |(number, _)| *number < before) {
            listeners.pop_front();
        }
        drop(listeners);
        self.devices.lock().unwrap().retain(|number, _| *number >= before);
    }

    pub fn publish(&self, random: &mut Random) {
        let topic = format!("site/{}/sensor/{}", random.below(40), random.below(4));
        let message = random.text(150);
        let mut bytes = 0;
        for (_, listener) in self.listeners.lock().unwrap().iter() {
            if listener.matches(&topic) {
                bytes += listener.notify(&message);
            }
        }
        let audience = self.devices.lock().unwrap().values().filter(|d| d.is_subscribed(&topic) && !d.can("mute")).count();
        let mut recent = self.recent.lock().unwrap();
        recent.push_back(format!("{topic}: {audience} devices, {bytes} bytes kept, last {}", self.last_serial()));
        if recent.len() > RECENT {
            recent.pop_front();
        }
    }

    fn last_serial(&self) -> String {
        let devices = self.devices.lock().unwrap();
        let last = devices.values().max_by_key(|d| d.id);
        last.map(|d| format!("{} of {}", d.serial, self.catalogue.of(d.id % self.catalogue.len()).map_or("", |f| &f.version))).unwrap_or_default()
    }
}
