package stat

var (
	Bucket    = bucket
	Middle    = middle
	CPUOf     = cpuOf
	MachineOf = machineOf
	MemoryOf  = memoryOf
)

// ParseMaps is mapsOf.
var ParseMaps = mapsOf
