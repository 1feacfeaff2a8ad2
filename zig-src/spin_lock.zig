//! A lock for a few instructions at a time, between threads that are nobody's here: it needs no thread library, no
//! thread-locals and no libc. Not for anything that takes long or may fail while it is held for another reason.

const std = @import("std");
const os = @import("os.zig");

pub const SpinLock = struct {
    state: std.atomic.Value(u32) = .init(free),

    const free = 0;
    const held = 1;
    const spins_before_yield = 64;

    pub fn lock(spin: *SpinLock) void {
        var spins: u32 = 0;
        while (spin.state.cmpxchgWeak(free, held, .acquire, .monotonic) != null) {
            spins += 1;
            // The holder may have been interrupted: give it the processor.
            if (spins % spins_before_yield == 0) os.yield() else std.atomic.spinLoopHint();
        }
    }

    pub fn unlock(spin: *SpinLock) void {
        std.debug.assert(spin.state.load(.monotonic) == held);
        spin.state.store(free, .release);
    }
};

test "only one thread is inside" {
    const Counter = struct {
        lock: SpinLock = .{},
        count: u64 = 0,

        fn run(counter: *@This()) void {
            for (0..100_000) |_| {
                counter.lock.lock();
                defer counter.lock.unlock();
                counter.count += 1;
            }
        }
    };
    var counter: Counter = .{};
    var threads: [4]std.Thread = undefined;
    for (&threads) |*thread| thread.* = try std.Thread.spawn(.{}, Counter.run, .{&counter});
    for (threads) |thread| thread.join();
    try std.testing.expectEqual(4 * 100_000, counter.count);
}
