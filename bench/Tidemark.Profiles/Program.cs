using System.Globalization;
using Tidemark.Formats.Pprof;
using Tidemark.Profiles;

if (args is not [var samples, var basePath, var nowPath])
{
    Console.Error.WriteLine("usage: Tidemark.Profiles SAMPLES BASE.pb.gz NOW.pb.gz");
    return 2;
}

var world = new ProfileWorld(int.Parse(samples, CultureInfo.InvariantCulture), seed: 42);
Write(basePath, later: false);
Write(nowPath, later: true);
return 0;

void Write(string path, bool later)
{
    using var stream = File.Create(path);
    PprofWriter.Write(world.Profile(later), stream);
}
