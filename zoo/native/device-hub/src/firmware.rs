//! What is known of firmware versions: loaded once, looked up for each device.
use crate::load::Random;
use std::collections::HashMap;

pub struct Firmware {
    pub version: String,
    pub capabilities: Vec<String>,
}

pub struct Catalogue {
    by_model: HashMap<u64, Firmware>,
}

impl Catalogue {
    pub fn load(models: u64) -> Catalogue {
        let mut random = Random::new(7);
        let mut by_model = HashMap::new();
        for model in 0..models {
            let capabilities = (0..3 + random.below(5)).map(|_| format!("capability-{}", random.text(12))).collect();
            by_model.insert(model, Firmware { version: format!("v{}.{}", model % 9, random.text(20)), capabilities });
        }
        Catalogue { by_model }
    }

    pub fn of(&self, model: u64) -> Option<&Firmware> {
        self.by_model.get(&model)
    }

    pub fn len(&self) -> u64 {
        self.by_model.len() as u64
    }
}
