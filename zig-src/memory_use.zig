//! How much memory a mapping takes: what of it is in memory at all, and what this process has for itself.
//!
//! Asking the system costs time for each page. So of a large mapping only samples are looked at, as many of any size,
//! evenly spread over it, and what they say is taken for the whole.

const std = @import("std");
const os = @import("os.zig");

pub const MemoryUse = struct {
    /// In memory, shared with all who map the file or not; `null` where the system does not say.
    resident: ?u64,
    /// Copies of pages that this process alone has, because something was written to them or because they were lost.
    private: ?u64,
    /// Whether samples were taken.
    estimated: bool,
};

const sample_pages = 1024;
/// Up to so many, all pages are looked at.
const samples_max = 64;

pub fn of(mapping: []align(os.page_alignment) u8) MemoryUse {
    const page_size = os.pageSizeOf(mapping) orelse return .{ .resident = null, .private = null, .estimated = false };
    const page_count = std.math.divCeil(usize, mapping.len, page_size) catch unreachable; // not zero
    const plan: Plan = .init(page_count);
    const page_map = os.PageMap.open();
    defer if (page_map) |open| open.close();
    var resident: Count = .{};
    var private: Count = .{};
    for (0..plan.samples) |number| {
        const first, const count = plan.sample(number);
        const pages: os.Pages = .{ .start = @intFromPtr(mapping.ptr) + first * page_size, .count = count, .size = page_size };
        resident.add(countResident(pages), count);
        private.add(if (page_map) |open| countPrivate(open, pages) else null, count);
    }
    return .{
        .resident = resident.bytes(plan.looked_at, mapping.len),
        .private = private.bytes(plan.looked_at, mapping.len),
        .estimated = plan.looked_at < page_count,
    };
}

/// Which pages are looked at.
const Plan = struct {
    page_count: usize,
    samples: usize,
    looked_at: usize,

    fn init(page_count: usize) Plan {
        const all = std.math.divCeil(usize, page_count, sample_pages) catch unreachable; // not zero
        return .{
            .page_count = page_count,
            .samples = @min(all, samples_max),
            .looked_at = @min(page_count, samples_max * sample_pages),
        };
    }

    /// The first page and how many there are.
    fn sample(plan: Plan, number: usize) struct { usize, usize } {
        const start = if (plan.looked_at == plan.page_count)
            number * sample_pages
        else // The last one ends with the last page.
            @as(usize, @intCast(@as(u128, plan.page_count - sample_pages) * number / (plan.samples - 1)));
        return .{ start, @min(sample_pages, plan.page_count - start) };
    }
};

const Count = struct {
    pages: ?usize = 0,

    fn add(count: *Count, pages: ?usize, looked_at: usize) void {
        const more = pages orelse {
            count.pages = null;
            return;
        };
        std.debug.assert(more <= looked_at);
        if (count.pages) |before| count.pages = before + more;
    }

    /// The share of the whole, which is not always whole pages.
    fn bytes(count: Count, looked_at: usize, whole: usize) ?u64 {
        const pages = count.pages orelse return null;
        return @intCast(@as(u128, whole) * pages / looked_at);
    }
};

fn countResident(pages: os.Pages) ?usize {
    var flags: [sample_pages]u8 = undefined;
    if (!os.residency(pages, flags[0..pages.count])) return null;
    var count: usize = 0;
    for (flags[0..pages.count]) |flag| count += flag & 1;
    return count;
}

fn countPrivate(map: os.PageMap, pages: os.Pages) ?usize {
    var entries: [sample_pages]os.PageMap.Entry = undefined;
    if (!map.read(pages, entries[0..pages.count])) return null;
    var count: usize = 0;
    for (entries[0..pages.count]) |entry| count += @intFromBool(entry.isPrivate());
    return count;
}

const testing = std.testing;

test "every page is looked at once, or samples reach from the first to the last" {
    for ([_]usize{ 1, 2, sample_pages, sample_pages + 1, samples_max * sample_pages }) |page_count| {
        const plan: Plan = .init(page_count);
        var next: usize = 0;
        for (0..plan.samples) |number| {
            const start, const count = plan.sample(number);
            try testing.expectEqual(next, start);
            next += count;
        }
        try testing.expectEqual(page_count, next);
    }
    for ([_]usize{ samples_max * sample_pages + 1, 1 << 40 }) |page_count| {
        const plan: Plan = .init(page_count);
        try testing.expectEqual(samples_max, plan.samples);
        try testing.expectEqual(0, plan.sample(0)[0]);
        try testing.expectEqual(page_count, plan.sample(samples_max - 1)[0] + sample_pages);
    }
}

test "memory of one's own is resident and private once it is written to" {
    if (!os.PageMap.is_known) return error.SkipZigTest;
    const memory = try os.allocatePages(64 * os.page_alignment);
    defer os.freePages(memory);
    try testing.expectEqual(MemoryUse{ .resident = 0, .private = 0, .estimated = false }, of(memory));
    @memset(memory[0 .. 16 * os.page_alignment], 1);
    const written = 16 * os.page_alignment;
    try testing.expectEqual(MemoryUse{ .resident = written, .private = written, .estimated = false }, of(memory));
}
