using System.Buffers.Binary;
using System.Text;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

public class PerfDataTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Numbers_and_texts_are_read_in_either_byte_order(bool isLittleEndian)
    {
        var file = Write(isLittleEndian, ("sun.gc.collector.0.invocations", 42L), ("sun.gc.policy.name", "G1"));

        var data = PerfData.Parse(file).ShouldNotBeNull();

        data.Number("sun.gc.collector.0.invocations").ShouldBe(42);
        data.Text("sun.gc.policy.name").ShouldBe("G1");
        data.Number("sun.gc.policy.name").ShouldBeNull();
        data.Number("no.such.counter").ShouldBeNull();
    }

    [Fact]
    public void A_file_cut_anywhere_gives_what_is_whole_and_nothing_wrong()
    {
        var file = Write(true, ("first", 1L), ("second", 2L));

        for (var length = 0; length <= file.Length; length++)
        {
            var data = PerfData.Parse(file.AsSpan(0, length));
            (data?.Number("first")).ShouldBeOneOf(null, 1);
            (data?.Number("second")).ShouldBeOneOf(null, 2);
        }
    }

    [Fact]
    public void A_file_with_any_byte_changed_is_read_without_a_failure()
    {
        var file = Write(true, ("first", 1L), ("second", "text"));
        for (var at = 0; at < file.Length; at++)
        {
            foreach (var value in (byte[])[0, 1, 0x7f, 0x80, 0xff])
            {
                var changed = file.ToArray();
                changed[at] = value;
                Should.NotThrow(() => PerfData.Parse(changed));
            }
        }
    }

    [Fact]
    public void A_file_that_the_JVM_is_still_setting_up_is_not_read()
    {
        var file = Write(true, ("first", 1L));
        file[7] = 0;

        PerfData.Parse(file).ShouldBeNull();
    }

    [Fact]
    public void A_young_collection_says_nothing_of_the_live_heap_and_a_full_one_does()
    {
        var signals = new JvmSignals();

        Live(signals, young: 5, full: 0, marking: 0, old: 100).ShouldBe(double.NaN);
        Live(signals, young: 6, full: 0, marking: 0, old: 180).ShouldBe(double.NaN);
        Live(signals, young: 6, full: 1, marking: 0, old: 90).ShouldBe(90);
        Live(signals, young: 7, full: 1, marking: 0, old: 120).ShouldBe(double.NaN);
        signals.LiveHeap.ShouldBe(90);
    }

    [Fact]
    public void After_a_marking_cycle_the_lowest_use_of_the_mixed_collections_is_the_live_heap()
    {
        var signals = new JvmSignals();
        Live(signals, young: 5, full: 0, marking: 0, old: 500, seconds: 0);

        Live(signals, young: 6, full: 0, marking: 2, old: 500, seconds: 100).ShouldBe(double.NaN);
        Live(signals, young: 7, full: 0, marking: 2, old: 300, seconds: 101).ShouldBe(double.NaN);
        Live(signals, young: 8, full: 0, marking: 2, old: 200, seconds: 102).ShouldBe(double.NaN);
        Live(signals, young: 8, full: 0, marking: 2, old: 200, seconds: 103).ShouldBe(double.NaN);
        Live(signals, young: 9, full: 0, marking: 2, old: 220, seconds: 104).ShouldBe(200);
        Live(signals, young: 10, full: 0, marking: 2, old: 240, seconds: 105).ShouldBe(double.NaN);
    }

    [Fact]
    public void A_lowest_point_that_is_long_past_is_no_value_of_now()
    {
        var signals = new JvmSignals();
        Live(signals, young: 5, full: 0, marking: 0, old: 500, seconds: 0);
        Live(signals, young: 6, full: 0, marking: 2, old: 200, seconds: 60);

        Live(signals, young: 7, full: 0, marking: 2, old: 220, seconds: 75).ShouldBe(double.NaN);
    }

    private static double Live(JvmSignals signals, long young, long full, long marking, long old, long seconds = 0)
    {
        var file = Write(
            true,
            ("sun.gc.collector.0.invocations", young),
            ("sun.gc.collector.0.name", "G1 young collection pauses"),
            ("sun.gc.collector.1.invocations", full),
            ("sun.gc.collector.2.invocations", marking),
            ("sun.gc.generation.1.space.0.used", old),
            ("sun.os.hrt.frequency", 1L),
            ("sun.os.hrt.ticks", seconds)
        );
        var sample = new SignalSample();
        signals.Read(PerfData.Parse(file)!, sample);
        return sample[Signal.LiveHeap];
    }

    /// <summary>Lays the file out as HotSpot does: prologue, then entries of header, name and aligned value.</summary>
    private static byte[] Write(bool isLittleEndian, params (string Name, object Value)[] counters)
    {
        var file = new List<byte>(new byte[32]);
        foreach (var (name, value) in counters)
        {
            var nameBytes = Encoding.UTF8.GetBytes(name + "\0");
            var valueAt = (20 + nameBytes.Length + 7) / 8 * 8;
            var text = value as string;
            var valueBytes = text is null ? new byte[8] : Encoding.UTF8.GetBytes(text + "\0");
            var entry = new byte[(valueAt + valueBytes.Length + 7) / 8 * 8];
            Int32(entry, 0, entry.Length);
            Int32(entry, 4, 20);
            Int32(entry, 8, text is null ? 0 : valueBytes.Length);
            entry[12] = (byte)(text is null ? 'J' : 'B');
            Int32(entry, 16, valueAt);
            if (text is null)
            {
                Int32(valueBytes, isLittleEndian ? 0 : 4, (int)(long)value);
            }

            nameBytes.CopyTo(entry, 20);
            valueBytes.CopyTo(entry, valueAt);
            file.AddRange(entry);
        }

        var bytes = file.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, 0xcafec0c0);
        (bytes[4], bytes[5], bytes[7]) = ((byte)(isLittleEndian ? 1 : 0), 2, 1);
        Int32(bytes, 8, bytes.Length);
        Int32(bytes, 24, 32);
        Int32(bytes, 28, counters.Length);
        return bytes;

        void Int32(byte[] to, int at, int value)
        {
            if (isLittleEndian)
            {
                BinaryPrimitives.WriteInt32LittleEndian(to.AsSpan(at), value);
            }
            else
            {
                BinaryPrimitives.WriteInt32BigEndian(to.AsSpan(at), value);
            }
        }
    }
}
