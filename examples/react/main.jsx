/** A network in a React component: it is made and disposed with the component, and learns while a box is checked. */
import { conv2d, Network, syntheticStream } from "decolle";
import { useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

const gestures = [10, 8, 6]; // swinging, circling, growing
const specification = {
  input: { channels: 2, height: 32, width: 32 },
  timeStep: 2000, // microseconds
  layers: [
    conv2d({ channels: 16, kernel: 7, stride: 4, padding: 3 }),
    conv2d({ channels: 48, kernel: 5, padding: 2, pool: 4 }),
  ],
  readout: { units: gestures.length },
};

function App() {
  const [isLearning, setLearning] = useState(true);
  const [hits, setHits] = useState([]);
  const learn = useRef(isLearning);
  learn.current = isLearning;
  useEffect(() => {
    let isOver = false;
    const run = async () => {
      const network = await Network.create(specification);
      const stream = network.stream({ updateEvery: 20 });
      for await (const { events, label, end } of syntheticStream(400_000, {
        width: 32,
        height: 32,
        duration: 400_000,
      })) {
        if (isOver) return network.dispose();
        const target = gestures.indexOf(label);
        if (target < 0) continue;
        const { prediction } = await stream.push(events, { target, until: end, learn: learn.current });
        setHits((hits) => [...hits.slice(-29), prediction === target]);
      }
    };
    void run();
    return () => {
      isOver = true;
    };
  }, []);
  return (
    <label>
      <input type="checkbox" checked={isLearning} onChange={({ target }) => setLearning(target.checked)} /> Learn:{" "}
      {hits.filter(Boolean).length} of the last {hits.length} gestures were told right
    </label>
  );
}

createRoot(document.getElementById("root")).render(<App />);
