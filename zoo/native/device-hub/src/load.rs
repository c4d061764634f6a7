//! Load that the service puts on itself, so many requests a second, and numbers that look random.
use std::thread;
use std::time::{Duration, Instant};

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(2654435769).wrapping_add(1))
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    pub fn text(&mut self, length: usize) -> String {
        (0..length).map(|_| (b'a' + self.below(26) as u8) as char).collect()
    }
}

type Request = Box<dyn Fn(u64, &mut Random) + Send>;

pub struct Load {
    per_second: f64,
    random: Random,
    request: Request,
}

impl Load {
    pub fn new(per_second: f64, seed: u64, request: impl Fn(u64, &mut Random) + Send + 'static) -> Load {
        Load { per_second, random: Random::new(seed), request: Box::new(request) }
    }

    /// A request that comes late on a busy machine is made up for.
    pub fn run(mut self) {
        let start = Instant::now();
        for number in 0.. {
            let due = start + Duration::from_secs_f64(number as f64 / self.per_second);
            if let Some(early) = due.checked_duration_since(Instant::now()) {
                thread::sleep(early);
            }
            (self.request)(number, &mut self.random);
        }
    }
}
