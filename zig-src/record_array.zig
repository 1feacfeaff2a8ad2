//! The array whose records are numbered, and how a number leads to a record's position.

const std = @import("std");
const Fault = @import("faults.zig").Fault;

/// Of an array, what comes before its first record.
pub const header_size = 56;

/// Where an array is, checked against the size of its region.
pub const RecordArray = struct {
    offset: u64 = 0,
    index_offset: u64 = 0,
    count: u64 = 0,
    end: u64 = 0,

    /// Where the index has the record of a number.
    pub inline fn slot(array: *const RecordArray, number: u64) u64 {
        return array.index_offset + number * @sizeOf(u64);
    }

    /// Where the record is whose number is known to be one.
    pub inline fn positionOf(
        array: *const RecordArray,
        region: []const u8,
        number: u64,
        fault: *Fault,
    ) error{Corrupt}!u64 {
        const at = array.slot(number);
        const offset = std.mem.readInt(u64, region[@intCast(at)..][0..@sizeOf(u64)], .little);
        if (!array.isWithin(offset)) return fault.corrupt(at, "the index of an array points outside of the array");
        return array.offset + offset;
    }

    /// Where the record is that an id table numbers; `at` is the position to be named where there is none.
    pub inline fn positionOfNumbered(
        array: *const RecordArray,
        region: []const u8,
        number: u64,
        at: u64,
        fault: *Fault,
    ) error{Corrupt}!u64 {
        if (number >= array.count) {
            return fault.corrupt(at, "an id table numbers a record that its array does not have");
        }
        return array.positionOf(region, number, fault);
    }

    /// Whether a record can be that far from the array's start.
    pub inline fn isWithin(array: *const RecordArray, offset: u64) bool {
        return offset >= header_size and offset < array.end - array.offset;
    }

    /// Fetches the slot of a number that may be none; a prefetch of whatever address cannot fault.
    pub inline fn prefetchSlot(array: *const RecordArray, region: []const u8, number: u64) void {
        if (number < array.count) @prefetch(region.ptr + @as(usize, @intCast(array.slot(number))), .{});
    }
};
