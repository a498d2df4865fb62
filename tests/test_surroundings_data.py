"""What a notebook gets when it downloads a data set or loads open_clip: the kit's own."""

import pytest
from engine import run_sections, states, text_of


@pytest.fixture(scope="module")
def say(warm, kit, tmp_path_factory):
    """Runs one cell and gives what it printed; fails when the cell did."""

    def run(source: str) -> str:
        made = run_sections(warm, kit.folder, tmp_path_factory.mktemp("run"), [[source]])
        assert states(made) == {0: "completed"}, made.execution.outputs
        return text_of(made, 0)

    return run


def test_mnist_is_downloaded_from_the_kit(say):
    code = """
import torchvision
from torchvision import transforms
made = torchvision.datasets.MNIST(root='./data', train=True, download=True, transform=transforms.ToTensor())
test = torchvision.datasets.MNIST(root='./data', train=False)
picture, label = made[0]
print(len(made), len(test), tuple(picture.shape), sorted(set(made.targets.tolist())))
print(float(picture.max()) > 0.9, float(picture.mean()) < 0.4)
"""
    assert say(code) == f"512 1285 (1, 28, 28) {list(range(10))}\nTrue True\n"


def test_cifar_is_downloaded_from_the_kit_and_passes_torchvision_s_own_digests(say):
    code = """
import torchvision
test = torchvision.datasets.CIFAR10(root='./data', train=False, download=True)
train = torchvision.datasets.CIFAR10('./data', download=True)
picture, label = test[0]
print(len(test), len(train), picture.size, picture.mode, test.classes[label] in test.classes)
print(' '.join(test.classes), sorted({test.targets.count(n) for n in range(10)}))
"""
    names = "airplane automobile bird cat deer dog frog horse ship truck"
    assert say(code) == f"1000 1000 (32, 32) RGB True\n{names} [100]\n"


def test_items_beyond_the_kit_s_are_its_first_ones_again(say):
    code = """
import itertools, torch, torchvision
from torch.utils.data import DataLoader, Subset
digits = torchvision.datasets.MNIST('./data', download=True, transform=torchvision.transforms.ToTensor())
batch, labels = next(iter(DataLoader(Subset(digits, range(6000)), batch_size=640)))
print(tuple(batch.shape), bool((batch[512:] == batch[:128]).all()), bool((labels[512:] == labels[:128]).all()))
print(digits[5][1] == digits[512 + 5][1] == digits[torch.tensor(512 + 5)][1] == digits[5 - 512][1])
for index in (60_000, -513):
    try:
        digits[index]
    except IndexError as error:
        print('IndexError')
digits.data = digits.data[:100]
print(len(list(digits)))
"""
    assert say(code) == "(640, 1, 28, 28) True True\nTrue\nIndexError\nIndexError\n100\n"


def test_without_download_nothing_appears(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [["import torchvision; torchvision.datasets.MNIST('./data')"]])
    assert "use download=True" in (run.execution.endings[0].reason or "")


def test_another_data_set_says_what_there_is(warm, kit, tmp_path):
    code = "import torchvision; torchvision.datasets.FashionMNIST('./data', download=True)"
    run = run_sections(warm, kit.folder, tmp_path, [[code]])
    assert "the kit has no FashionMNIST; it has MNIST and CIFAR10" in (run.execution.endings[0].reason or "")


def test_open_clip_loads_its_twin_which_agrees_with_transformers(say):
    code = """
import numpy as np, open_clip, torch
from PIL import Image
from transformers import CLIPModel, CLIPProcessor
model, _, preprocess = open_clip.create_model_and_transforms('ViT-B-32', pretrained='laion2b_s34b_b79k')
model.eval()
text = open_clip.get_tokenizer('ViT-B-32')(['a photo of a cat', 'a red car'])
picture = Image.fromarray((np.arange(300 * 400 * 3) % 251).astype('uint8').reshape(300, 400, 3))
other, processor = (c.from_pretrained('openai/clip-vit-base-patch32') for c in (CLIPModel, CLIPProcessor))
theirs = processor(text=['a photo of a cat', 'a red car'], images=picture, return_tensors='pt', padding='max_length')
with torch.no_grad():
    ours = model.encode_text(text), model.encode_image(preprocess(picture)[None])
    same = [found.pooler_output for found in (
        other.get_text_features(theirs.input_ids), other.get_image_features(theirs.pixel_values)
    )]
print(tuple(text.shape), [tuple(x.shape) for x in ours])
print([bool((a - b).norm() < 1e-2 * b.norm()) for a, b in zip(ours, same)])
"""
    assert say(code) == "(2, 77) [(2, 48), (1, 48)]\n[True, True]\n"


def test_a_picture_shows_what_its_address_names(say):
    code = """
import io, requests
from PIL import Image
get = lambda name: Image.open(io.BytesIO(requests.get('https://example.org/wiki/' + name).content)).tobytes()
print(get('Cat03.jpg') == get('Cat03.jpg'), get('Cat03.jpg') == get('Cat04.jpg'), get('Cat03.jpg') == get('Dog.jpg'))
"""
    assert say(code) == "True False False\n"
