"""Solutions of one exercise, train one row of an embedding table: three people's own, and how a copy is disguised."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable
from dataclasses import replace

from assay.intake import Notebook

STEP_BY_STEP = """
# keep a copy of everything, train, put the copy back
backup = table.weight.data.clone()
opt = torch.optim.AdamW([table.weight], lr=5e-3)
history = []
for i in range(200):
    batch = images[i % len(images)].to(device)
    with torch.no_grad():
        latents = vae.encode(batch[None]).latent_dist.sample() * 0.18215
    noise = torch.randn_like(latents)
    steps = torch.randint(0, 1000, (1,), device=device)
    noisy = scheduler.add_noise(latents, noise, steps)
    hidden = encoder(ids)[0]
    guess = unet(noisy, steps, encoder_hidden_states=hidden).sample
    loss = F.mse_loss(guess, noise)
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        table.weight[:new] = backup[:new]
    history.append(loss.item())
print("moved", (table.weight[new] - backup[new]).norm().item())
plt.plot(history)
"""

WITH_FUNCTIONS = '''
def to_latents(path):
    """One picture as the VAE sees it."""
    image = Image.open(path).convert("RGB").resize((64, 64))
    values = torch.from_numpy(np.array(image)).float() / 127.5 - 1
    return vae.encode(values.permute(2, 0, 1).unsqueeze(0)).latent_dist.mode().mul(vae.config.scaling_factor)


def noised(latent, generator):
    """A latent, some noise, and the two mixed at a random timestep."""
    when = torch.randint(scheduler.config.num_train_timesteps, (latent.shape[0],), generator=generator)
    extra = torch.randn(latent.shape, generator=generator)
    signal = scheduler.alphas_cumprod[when].view(-1, 1, 1, 1)
    return when, extra, signal.sqrt() * latent + (1 - signal).sqrt() * extra


def keep_only(row):
    """A hook that lets the gradient through to one row."""
    def hook(gradient):
        mask = torch.zeros_like(gradient)
        mask[row] = 1
        return gradient * mask
    return hook


def train(paths, row, rounds, rate):
    """Gradient descent on one row, by hand."""
    handle = embeddings.weight.register_hook(keep_only(row))
    dice = torch.Generator().manual_seed(7)
    for number, path in zip(range(rounds), itertools.cycle(paths)):
        when, extra, mixed = noised(to_latents(path), dice)
        answer = unet(mixed, when, text_encoder(prompt).last_hidden_state, return_dict=False)[0]
        error = (answer - extra).pow(2).mean()
        gradient, = torch.autograd.grad(error, [embeddings.weight])
        with torch.no_grad():
            embeddings.weight[row] -= rate * gradient[row]
        if number % 10 == 0:
            tqdm.write(f"{number}: {error:.3f}")
    handle.remove()
'''

AS_A_CLASS = """
class Learner(nn.Module):
    def __init__(self, start):
        super().__init__()
        self.vector = nn.Parameter(start.clone())

    def forward(self, ids, placeholder):
        known = frozen_table(ids)
        where = (ids == placeholder).unsqueeze(-1)
        return torch.where(where, self.vector.expand_as(known), known)


learner = Learner(frozen_table.weight[source_id])
loader = DataLoader(dataset, batch_size=2, shuffle=True, drop_last=True)
optimizer = torch.optim.SGD(learner.parameters(), lr=0.1, momentum=0.9)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(loader))
for epoch in range(3):
    total = 0.0
    for sample in tqdm(loader, desc=f"epoch {epoch}"):
        encoded = cache[sample["index"]]
        target = torch.randn(encoded.size())
        moments = torch.randint(low=0, high=999, size=(encoded.size(0),)).long()
        corrupted = scheduler.add_noise(encoded, target, moments)
        embedded = learner(sample["input_ids"], placeholder_id)
        context = text_model(inputs_embeds=embedded).last_hidden_state
        output = unet(sample=corrupted, timestep=moments, encoder_hidden_states=context)
        criterion = nn.functional.mse_loss(output.sample.float(), target.float(), reduction="mean")
        criterion.backward()
        nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        total += criterion.detach().cpu().item()
    print(f"mean loss {total / len(loader):.4f}")
"""

HONEST = {"ann.ipynb": STEP_BY_STEP, "ben.ipynb": WITH_FUNCTIONS, "cho.ipynb": AS_A_CLASS}


def renamed(source: str) -> str:
    """The same program with another name for every variable, argument and function that it makes."""
    tree = ast.parse(source)
    made = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} - {"self"}
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    made = {name for name in made if not name.startswith("__") and name != "forward"}
    others = {name: f"var_{place}" for place, name in enumerate(sorted(made))}
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    return tokenize.untokenize([(t.type, others.get(t.string, t.string)) for t in tokens])


def recommented(source: str) -> str:
    """The same program with other comments, docstrings, texts and numbers, and more empty lines."""
    lines = []
    for line in source.splitlines():
        lines += [f"{line}  # rewritten", "", "# nothing to see here"] if line.endswith(")") else [line]
    text = "\n".join(lines).replace('"""One', '"""Some').replace('"moved"', '"has moved"')
    return text.replace("5e-3", "1e-3").replace("200", "150")


def reordered(source: str) -> str:
    """The same functions in the opposite order."""
    first, *others = source.split("\n\n\ndef ")
    functions = [first.strip(), *(f"def {other.rstrip()}" for other in others)]
    return "\n\n\n".join(reversed(functions)) + "\n"


def changed(notebook: Notebook, file: str, change: Callable[[str], str]) -> Notebook:
    """The notebook under another name with each code cell changed, but those with magics."""
    cells = [
        replace(cell, source=change(cell.source)) if cell.kind == "code" and "!pip" not in cell.source else cell
        for cell in notebook.cells
    ]
    return replace(notebook, file=file, cells=tuple(cells))
