// What stands between a watched program and its allocator while it is watched. Compiled into a flat block of
// position-independent code (build.sh) that calls nothing but the functions in its head and two system calls.
//
// Each allocation and each release is counted by size. One allocation in so many bytes (a Poisson process) is written
// down with its registers and the top of its stack, which the tracer reads from outside and unwinds there; its address
// is remembered until it is released. There are no locks, and nothing is allocated.
typedef unsigned long u64;
typedef long s64;

enum {
    SIZE_CLASSES = 256,
    SHARDS = 16,
    VARIATES = 4096,
    BUCKETS = 8192,
    BUCKET_SLOTS = 8,
    RING = 256,
    STACK = 8192 - 128,
};

// Written by the tracer before the first call, in the same pages as the code, and never changed while it is in use.
struct head {
    u64 magic;
    struct data *data;
    u64 real[32];           // the allocator's own functions
    u64 usable_size;        // malloc_usable_size
};

// What a hook's entry has pushed.
struct registers {
    u64 unused, r15, r14, r13, r12, rbx, rbp, return_address;
};

struct shard {
    s64 remaining;          // bytes until the next sample
    u64 allocated;          // bytes
    u64 allocations;
    u64 unused[5];
    s64 net[SIZE_CLASSES];  // bytes allocated less bytes released
};

struct sample {
    u64 complete;           // the sample's number once all of it is written
    u64 address;
    u64 size;
    u64 slot;               // in the table of live addresses, or ~0
    u64 rsp;                // of the caller, behind the return address
    u64 return_address;
    u64 rbx, rbp, r12, r13, r14, r15;
    u64 stack_bytes;
    u64 unused[3];
    unsigned char stack[STACK];
};

struct data {
    u64 enabled;
    u64 written;            // samples put into the ring, ever
    u64 read;               // samples that the tracer has taken out, ever
    u64 lost;               // samples for which the ring had no room
    u64 forgotten;          // samples for which the table had no room
    u64 next_variate;
    u64 unused[10];
    u64 variates[VARIATES]; // distances between samples, in bytes
    struct shard shards[SHARDS];
    u64 addresses[BUCKETS * BUCKET_SLOTS];
    u64 numbers[BUCKETS * BUCKET_SLOTS];
    struct sample ring[RING];
};

// A list of calls for a thread of its own.
struct call {
    u64 function;
    u64 arguments[6];
    u64 from[6];            // 1 + the number of the call whose result is this argument, 0 for the argument as it stands
    u64 result;
};

struct calls {
    u64 done;
    u64 count;
    u64 self;               // pthread_self
    u64 detach;             // pthread_detach
    struct call calls[];
};

extern __attribute__((visibility("hidden"))) volatile struct head head;

static inline u64 size_class(u64 size) {
    if (size < 2048)
        return size >> 4;
    u64 log = 63 - __builtin_clzl(size);
    u64 number = 128 + (log - 11) * 4 + ((size >> (log - 2)) & 3);
    return number < SIZE_CLASSES ? number : SIZE_CLASSES - 1;
}

static inline u64 usable_size(void *block) { return ((u64 (*)(void *))head.usable_size)(block); }

static inline struct shard *own_shard(void) {
    u64 thread;
    __asm__("mov %%fs:0, %0" : "=r"(thread));
    return &head.data->shards[((thread >> 12) ^ (thread >> 22)) & (SHARDS - 1)];
}

static inline u64 bucket(void *block) {
    return (((u64)block >> 4) * 0x9E3779B97F4A7C15UL) >> (64 - 13);
}

static inline s64 system_call(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) {
    s64 result;
    register u64 r10 __asm__("r10") = d;
    register u64 r8 __asm__("r8") = e;
    register u64 r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static __attribute__((noinline)) void take_sample(struct shard *shard, void *block, u64 size, struct registers *caller) {
    struct data *data = head.data;
    u64 variate = __atomic_fetch_add(&data->next_variate, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&shard->remaining, (s64)data->variates[variate & (VARIATES - 1)], __ATOMIC_RELAXED);
    if (!data->enabled)
        return;
    u64 number = __atomic_load_n(&data->written, __ATOMIC_RELAXED);
    do {
        if (number - __atomic_load_n(&data->read, __ATOMIC_ACQUIRE) >= RING) {
            __atomic_fetch_add(&data->lost, 1, __ATOMIC_RELAXED);
            return;
        }
    } while (!__atomic_compare_exchange_n(&data->written, &number, number + 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    struct sample *sample = &data->ring[number & (RING - 1)];
    sample->address = (u64)block;
    sample->size = size;
    sample->slot = ~0UL;
    for (u64 slot = bucket(block) * BUCKET_SLOTS, end = slot + BUCKET_SLOTS; slot < end; slot++) {
        u64 none = 0;
        if (data->addresses[slot] == 0
            && __atomic_compare_exchange_n(&data->addresses[slot], &none, (u64)block, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            __atomic_store_n(&data->numbers[slot], number + 1, __ATOMIC_RELEASE);
            sample->slot = slot;
            break;
        }
    }
    if (sample->slot == ~0UL)
        __atomic_fetch_add(&data->forgotten, 1, __ATOMIC_RELAXED);
    sample->return_address = caller->return_address;
    sample->rsp = (u64)(&caller->return_address + 1);
    sample->rbx = caller->rbx;
    sample->rbp = caller->rbp;
    sample->r12 = caller->r12;
    sample->r13 = caller->r13;
    sample->r14 = caller->r14;
    sample->r15 = caller->r15;
    // The kernel copies as far as there is memory: a copy of our own would run over the end of a short stack.
    struct { u64 base, length; } from = {sample->rsp, STACK}, to = {(u64)sample->stack, STACK};
    u64 page = 4096 - (sample->rsp & 4095);
    s64 copied = system_call(310, system_call(39, 0, 0, 0, 0, 0, 0), (u64)&to, 1, (u64)&from, 1, 0);
    if (copied < 0 && page > 0) {
        // Forbidden here: at least the page that is surely there.
        copied = page < STACK ? page : STACK;
        for (s64 i = 0; i < copied; i++)
            ((volatile unsigned char *)sample->stack)[i] = ((unsigned char *)sample->rsp)[i];
    }
    sample->stack_bytes = copied;
    __atomic_store_n(&sample->complete, number + 1, __ATOMIC_RELEASE);
}

static inline void allocated(void *block, struct registers *caller) {
    if (!block)
        return;
    u64 size = usable_size(block);
    struct shard *shard = own_shard();
    __atomic_fetch_add(&shard->net[size_class(size)], size, __ATOMIC_RELAXED);
    __atomic_fetch_add(&shard->allocated, size, __ATOMIC_RELAXED);
    __atomic_fetch_add(&shard->allocations, 1, __ATOMIC_RELAXED);
    if (__atomic_sub_fetch(&shard->remaining, size, __ATOMIC_RELAXED) <= 0)
        take_sample(shard, block, size, caller);
}

static inline void forget(void *block) {
    struct data *data = head.data;
    for (u64 slot = bucket(block) * BUCKET_SLOTS, end = slot + BUCKET_SLOTS; slot < end; slot++)
        if (data->addresses[slot] == (u64)block)
            __atomic_store_n(&data->addresses[slot], 0, __ATOMIC_RELEASE);
}

static inline void released(u64 size) {
    __atomic_fetch_sub(&own_shard()->net[size_class(size)], size, __ATOMIC_RELAXED);
}

// malloc, valloc, operator new: the size comes first and the result is the block.
__attribute__((used, visibility("hidden"))) void *allocate_c(u64 a, u64 b, u64 c, struct registers *caller, u64 which) {
    void *block = ((void *(*)(u64, u64, u64))head.real[which])(a, b, c);
    allocated(block, caller);
    return block;
}

__attribute__((used, visibility("hidden"))) int align_c(void **to, u64 b, u64 c, struct registers *caller, u64 which) {
    int error = ((int (*)(void **, u64, u64))head.real[which])(to, b, c);
    if (error == 0)
        allocated(*to, caller);
    return error;
}

__attribute__((used, visibility("hidden"))) void release_c(void *block, u64 b, u64 c, struct registers *caller, u64 which) {
    if (block) {
        released(usable_size(block));
        forget(block);
    }
    ((void (*)(void *, u64, u64))head.real[which])(block, b, c);
}

__attribute__((used, visibility("hidden"))) void *resize_c(void *block, u64 b, u64 c, struct registers *caller, u64 which) {
    u64 before = 0;
    if (block) {
        before = usable_size(block);
        released(before);
        forget(block);
    }
    void *now = ((void *(*)(void *, u64, u64))head.real[which])(block, b, c);
    if (now)
        allocated(now, caller);
    else if (block && b != 0)
        __atomic_fetch_add(&own_shard()->net[size_class(before)], before, __ATOMIC_RELAXED); // it failed: the old block is still there
    return now;
}

__attribute__((used, visibility("hidden"))) void *run_c(struct calls *list) {
    ((int (*)(u64))list->detach)(((u64 (*)(void))list->self)());
    for (u64 i = 0; i < list->count; i++) {
        struct call *call = &list->calls[i];
        u64 a[6];
        for (int k = 0; k < 6; k++) {
            u64 from = call->from[k];
            a[k] = from ? list->calls[from - 1].result : call->arguments[k];
        }
        call->result = ((u64 (*)(u64, u64, u64, u64, u64, u64))call->function)(a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    __atomic_store_n(&list->done, 1, __ATOMIC_RELEASE);
    return 0;
}
